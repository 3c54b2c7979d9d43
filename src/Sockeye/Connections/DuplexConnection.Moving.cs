using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sockeye.Transports;

public abstract partial class DuplexConnection
{
    private ConnectionFreeze? _freeze;

    /// <summary>Gets whether the socket can go to another connection. Default: false.</summary>
    protected internal virtual bool CanMove => false;

    /// <summary>Gets whether the socket goes to another connection: it is let go, and neither shut down nor reset.</summary>
    protected bool Moves => State.Moves;

    /// <summary>Gets whether the driver has to end its operations, and then to call <see cref="OnFrozen"/>.</summary>
    protected bool IsFreezing => State.End is LifecycleState.EndState.Freezing;

    /// <summary>Gets whether no operation may start, because the socket may go to another connection.</summary>
    protected bool IsStill => State.IsStill;

    /// <summary>Returns a second handle of the socket, for the connection that continues this one.</summary>
    /// <exception cref="NotSupportedException"><see cref="CanMove"/> is false.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The process has no descriptor left.</exception>
    protected internal virtual SafeHandle DuplicateHandle() => throw CannotMove();

    /// <summary>Stops receiving and sending at a point at which nothing is in flight. Bytes that have arrived by then are in the
    /// input, and what was not sent is in the output.</summary>
    /// <returns>False if operations did not end in time, and the connection continues as before, or if it has ended.</returns>
    internal async ValueTask<bool> FreezeAsync(TimeSpan timeout)
    {
        Debug.Assert(CanMove, "The driver can freeze.");
        var freeze = new ConnectionFreeze();
        _freeze = freeze; // Before the event, so that an end that the freeze defers finds it.
        Apply(LifecycleEvent.FreezeRequested);
        if (!IsFreezing)
            return false; // It ends already, or one of its directions has.
        RequestFreeze();
        if (!freeze.Done.IsCompleted)
            await freeze.Done.WaitAsync(timeout, TimeProvider).WithoutThrowing(Options.KeepsContext);
        if (freeze.Done is { IsCompletedSuccessfully: true, Result: true })
            return true;
        Thaw();
        return false;
    }

    /// <summary>Receives and sends again, as before the freeze. An end that was requested meanwhile takes effect.</summary>
    internal void Thaw()
    {
        Apply(LifecycleEvent.Thawed);
        if (_freeze?.TakeEnd() is { } end)
            Break(end.Reason, end.Reset);
    }

    /// <summary>Returns the bytes and counts of the frozen connection. Null if the handler uses a pipe.</summary>
    internal MovedBytes? TryTakeStream()
    {
        Debug.Assert(State.End is LifecycleState.EndState.Frozen, "Nothing changes during the copy.");
        if (Input.TryCopyUnread() is not { } unread || Output.TryCopyUnsent() is not { } unsent)
            return null;
        return new()
        {
            BytesReceived = BytesReceived,
            Unread = unread,
            BytesSent = BytesSent,
            Unsent = unsent,
            IdleTime = Progress.IdleTime,
            LocalEndPoint = LocalEndPoint,
            RemoteEndPoint = RemoteEndPoint,
        };
    }

    /// <summary>Lets the socket of the frozen connection go, which another connection has. Completes when it is
    /// released.</summary>
    internal Task LeaveAsync(CloseReason reason)
    {
        Input.Detach(); // The other connection has the unread bytes: a handler that reads on must not get them again.
        Apply(LifecycleEvent.Moved, reason);
        return Finished;
    }

    /// <summary>Asks the driver to end its operations, without loss of bytes, and then to call <see cref="OnFrozen"/>. Operations
    /// do not start meanwhile, because <see cref="CanReceive"/> and <see cref="CanSend"/> are false.</summary>
    protected virtual void RequestFreeze() => throw CannotMove();

    /// <summary>Asks the driver to receive and to send again. Called also if the freeze has not been completed.</summary>
    protected virtual void RequestThaw()
    {
        RequestReceive();
        RequestSend();
    }

    /// <summary>Called by the driver when no operation is in flight. Safe for use more than once.</summary>
    protected void OnFrozen()
    {
        AssertDriving();
        Apply(LifecycleEvent.Frozen);
        _freeze!.Complete(State.End is LifecycleState.EndState.Frozen);
    }

    /// <summary>Continues the stream of another connection. Called in the constructor of a derived class.</summary>
    protected void Continue(MovedBytes stream)
    {
        Input.Continue(stream.BytesReceived, stream.Unread.Span);
        Output.Continue(stream.BytesSent, stream.Unsent.Span);
        _bytesSent = stream.BytesSent;
        _lastActivityAt -= (long)(stream.IdleTime.TotalSeconds * Options.TimeProvider.TimestampFrequency);
        (LocalEndPoint, RemoteEndPoint) = (stream.LocalEndPoint, stream.RemoteEndPoint);
    }

    /// <summary>Keeps an end that comes while the connection is frozen, until it is known whether the connection
    /// continues.</summary>
    private void DeferIfFrozen(CloseReason reason, bool reset)
    {
        if (_freeze is not { } freeze || State.End is not LifecycleState.EndState.Frozen)
            return;
        freeze.Defer(reason, reset);
        // The thaw changes the state and then takes the end. If it has missed this one, it is applied here.
        if (State.End is LifecycleState.EndState.Open && freeze.TakeEnd() is { } end)
            Break(end.Reason, end.Reset);
    }

    private static NotSupportedException CannotMove() => new("This transport does not move its connections.");
}
