using System.Net.Sockets;

namespace Sockeye;

internal partial class StreamConnection
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _closeLock = new();
    private volatile bool _socketClosed;
    private int _openDirections = 2;

    public override void Abort(CloseReason reason) => Break(reason, reset: true);

    public override void Close(CloseReason reason) => Break(reason, reset: false);

    /// <summary>
    /// Sends what was written, then FIN; waits for the peer's FIN, throwing away what still arrives; closes. Bounded by
    /// the options' <c>CloseTimeout</c> and <c>LingerTimeout</c>.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        _input.Retire();
        await _toSend.Writer.CompleteAsync().ConfigureAwait(_keepsContext);
        await FlushInTimeAsync().ConfigureAwait(_keepsContext);
        if (!await EndsInTimeAsync(_receiving, _options.LingerTimeout).ConfigureAwait(_keepsContext))
            Break(CloseReason.LocalFin, reset: false);
        await _finished.Task.ConfigureAwait(_keepsContext);
    }

    private async Task FlushInTimeAsync()
    {
        while (!_sending.IsCompleted)
        {
            var before = TakenByPeer();
            if (!await EndsInTimeAsync(_sending, _options.CloseTimeout).ConfigureAwait(_keepsContext) && TakenByPeer() == before)
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
    private long TakenByPeer() => _socket.BytesAcknowledged ?? BytesSent;

    private async ValueTask<bool> EndsInTimeAsync(Task task, TimeSpan timeout)
    {
        if (!task.IsCompleted)
            await task.WaitAsync(timeout, _options.TimeProvider).WithoutThrowing(_keepsContext);
        return task.IsCompleted;
    }

    private void OnFailed(Exception error, bool isSend)
    {
        if (_socketClosed)
            return; // That is how a pump learns of it, and the reason stands already.
        if (error is not SocketException socketError)
        {
            // The handler completed its output with this error, or the observer of steps threw it.
            var ownError = CloseReason.Local(CloseCause.HandlerError, $"this side ended with an error: {error.Message}", error);
            Break(ownError, reset: true);
            return;
        }

        var reason = SocketBreak.Explain(socketError);
        var isReset = reason.Cause is CloseCause.Reset;
        Observe(() => _socket.OnFailed(socketError, isSend, isReset));
        // What arrived before the reset is still with the system: the receiving pump takes it and then meets the reset too.
        if (isSend && isReset)
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

        Observe(() => _socket.Close(reset));
        return true;
    }

    /// <summary>Does what a user may watch: the end goes on whatever the observer throws.</summary>
    private void Observe(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            Explain(CloseReason.Local(
                CloseCause.HandlerError, $"the observer of steps threw {e.GetType().Name}: {e.Message}", e));
        }
    }

    private void EndDirection()
    {
        if (Interlocked.Decrement(ref _openDirections) > 0)
            return;
        CloseSocket(reset: false);
        SignalClosed();
        _finished.SetResult();
    }
}
