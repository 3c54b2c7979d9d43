using System.Net.Sockets;

namespace Sockeye;

internal sealed partial class SocketConnection
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _closeLock = new();
    private volatile bool _socketClosed;
    private int _openDirections = 2;

    public override void Abort(CloseReason reason) => Break(reason, reset: true);

    public override void Close(CloseReason reason) => Break(reason, reset: false);

    /// <summary>
    /// Sends what was written, then FIN; waits for the peer's FIN, throwing away what still arrives; closes. Bounded by
    /// <see cref="SocketTransportOptions.CloseTimeout"/> and <see cref="SocketTransportOptions.LingerTimeout"/>.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        _input.Retire();
        await _toSend.Writer.CompleteAsync().ConfigureAwait(false);
        await FlushInTimeAsync().ConfigureAwait(false);
        if (!await EndsInTimeAsync(_receiving, _options.LingerTimeout).ConfigureAwait(false))
            Break(CloseReason.LocalFin, reset: false);
        await _finished.Task.ConfigureAwait(false);
    }

    private async Task FlushInTimeAsync()
    {
        while (!_sending.IsCompleted)
        {
            var before = TakenByPeer();
            if (!await EndsInTimeAsync(_sending, _options.CloseTimeout).ConfigureAwait(false) && TakenByPeer() == before)
            {
                Abort(CloseReason.Local(CloseCause.Timeout,
                    $"the peer took nothing for {_options.CloseTimeout.TotalSeconds:0.###} s of what was still to be sent"));
                return;
            }
        }
    }

    /// <summary>
    /// Grows as long as the peer takes something. What this side's system takes says little: it waits for much room.
    /// </summary>
    private long TakenByPeer() => TcpInfo.Read(_socket)?.BytesAcknowledged ?? BytesSent;

    private async ValueTask<bool> EndsInTimeAsync(Task task, TimeSpan timeout)
    {
        if (!task.IsCompleted)
            await task.WaitAsync(timeout, _options.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    private void OnFailed(SocketFunction function, Exception error)
    {
        if (_socketClosed)
            return; // That is how a pump learns of it, and the reason stands already.
        if (error is not SocketException socketError)
        {
            // The handler completed its output with this error, or the observer of steps threw it.
            Break(
                CloseReason.Local(CloseCause.HandlerError, $"this side ended with an error: {error.Message}", error), reset: true);
            return;
        }

        var reason = SocketBreak.Explain(socketError);
        var isReset = reason.Cause is CloseCause.Reset;
        Tell(function, isReset, socketError.SocketErrorCode);
        // What arrived before the reset is still with the system: the receiving pump takes it and then meets the reset too.
        if (isReset && function is SocketFunction.Send)
            Explain(reason);
        else
            Break(reason, reset: true);
    }

    /// <summary>Ends both directions at once, unless they have ended already.</summary>
    private void Break(CloseReason reason, bool reset)
    {
        if (!CloseSocket(reset, reason))
            return;
        _received.Writer.CancelPendingFlush();
        _toSend.Reader.CancelPendingRead();
    }

    private bool CloseSocket(bool reset, CloseReason? reason = null)
    {
        lock (_closeLock)
        {
            if (_socketClosed)
                return false;
            // The reason comes first: whoever sees the socket closed finds it.
            if (reason is not null)
                Explain(reason);
            _socketClosed = true;
        }

        Tell(SocketFunction.Close, reset);
        if (reset)
        {
            _socket.Close(timeout: 0); // SO_LINGER 0: RST, what was not sent yet is dropped
            return true;
        }

        if (!_finSent)
            ShutdownBoth();
        _socket.Dispose();
        return true;
    }

    /// <summary>.NET resets a socket that is disposed under a pending receive, unless it was shut down before.</summary>
    private void ShutdownBoth()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The peer has reset the connection meanwhile: there is nobody left to send FIN to.
        }
    }

    private void EndDirection()
    {
        if (Interlocked.Decrement(ref _openDirections) > 0)
            return;
        CloseSocket(reset: false);
        _gather?.Dispose();
        SignalClosed();
        _finished.SetResult();
    }

    /// <summary>Tells a step of the end, which goes on whatever its observer throws.</summary>
    private void Tell(SocketFunction function, bool isReset, SocketError? error = null)
    {
        try
        {
            _steps.Tell(function, _socket, LocalEndPoint, RemoteEndPoint, isReset: isReset, error: error);
        }
        catch (Exception e)
        {
            Explain(CloseReason.Local(
                CloseCause.HandlerError, $"the observer of steps threw {e.GetType().Name}: {e.Message}", e));
        }
    }
}
