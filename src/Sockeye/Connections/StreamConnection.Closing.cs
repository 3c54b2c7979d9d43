using System.Net.Sockets;

namespace Sockeye;

internal partial class StreamConnection
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _closeLock = new();
    private volatile bool _socketClosed;
    private volatile bool _dropsInput;
    private int _openDirections = 2;

    protected override Task Finished => _finished.Task;

    public override SystemProgress? AskSystem() => _socket.AskSystem();

    protected override ValueTask CompletePipesAsync()
    {
        _input.Retire();
        return _toSend.Writer.CompleteAsync();
    }

    protected override void DropInput()
    {
        _dropsInput = true;
        _received.Writer.CancelPendingFlush();
    }

    protected override void LetGoOfInput() => _inputMemory.LetGo();

    protected override void Break(CloseReason reason, bool reset)
    {
        if (!CloseSocket(reset, reason))
            return;
        _received.Writer.CancelPendingFlush();
        _toSend.Reader.CancelPendingRead();
        SendWithheldFin();
    }

    protected override void SendWithheldFin() => Volatile.Read(ref _finMayLeave)?.TrySetResult();

    private void OnFailed(Exception error, bool isSend)
    {
        if (_socketClosed)
            return; // That is how a pump learns of it, and the reason stands already.
        if (error is StreamBreakException broken)
        {
            BreakAfter(broken.Reason, isSend);
            return;
        }

        if (error is not SocketException socketError)
        {
            BreakAfterOwn(error);
            return;
        }

        Observe(() => _socket.OnFailed(
            socketError, isSend, isReset: SocketBreak.Explain(socketError).Cause is CloseCause.Reset));
        BreakAfter(socketError, isSend);
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

    private void EndDirection()
    {
        if (Interlocked.Decrement(ref _openDirections) > 0)
            return;
        CloseSocket(reset: false);
        SignalClosed();
        _finished.SetResult();
    }
}
