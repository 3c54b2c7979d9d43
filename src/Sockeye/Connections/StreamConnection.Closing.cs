using System.Net.Sockets;

namespace Sockeye;

internal partial class StreamConnection
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _closeLock = new();
    private volatile bool _isSocketClosed;
    private volatile bool _discardsInput;
    private int _openDirections = 2;

    protected override Task Finished => _finished.Task;

    public override SystemProgress? GetSystemProgress() => _socket.GetSystemProgress();

    protected override ValueTask CompletePipesAsync()
    {
        _input.Detach();
        return _sendPipe.Writer.CompleteAsync();
    }

    protected override void DiscardInput()
    {
        _discardsInput = true;
        _receivePipe.Writer.CancelPendingFlush();
    }

    protected override void AbandonInputMemory() => _inputMemory.Abandon();

    protected override void Break(CloseReason reason, bool reset)
    {
        if (!CloseSocket(reset, reason))
            return;
        _receivePipe.Writer.CancelPendingFlush();
        _sendPipe.Reader.CancelPendingRead();
        SendWithheldFin();
    }

    protected override void SendWithheldFin() => Volatile.Read(ref _finRelease)?.TrySetResult();

    private void OnFailed(Exception error, bool isSend)
    {
        if (_isSocketClosed)
            return; // That is how a pump learns of it, and the reason stands already.
        if (error is StreamClosedException broken)
        {
            BreakAfterError(broken.Reason, isSend);
            return;
        }

        if (error is not SocketException socketError)
        {
            BreakAfterLocalError(error);
            return;
        }

        RunObserver(() => _socket.OnFailed(
            socketError, isSend, isReset: SocketErrors.ToCloseReason(socketError).Cause is CloseCause.Reset));
        BreakAfterError(socketError, isSend);
    }

    private bool CloseSocket(bool reset, CloseReason? reason = null)
    {
        lock (_closeLock)
        {
            if (_isSocketClosed)
                return false;
            // The reason comes first: whoever sees the socket closed finds it.
            if (reason is not null)
                SetCloseReason(reason);
            _isSocketClosed = true;
        }

        RunObserver(() => _socket.Close(reset));
        return true;
    }

    private void OnDirectionEnded()
    {
        if (Interlocked.Decrement(ref _openDirections) > 0)
            return;
        CloseSocket(reset: false);
        SignalClosed();
        _finished.SetResult();
    }
}
