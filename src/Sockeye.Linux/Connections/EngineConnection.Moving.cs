using System.Net.Sockets;

namespace Sockeye.Linux;

internal partial class EngineConnection
{
    private long _bytesSent;
    private long _lastActivityAt;
    private bool _finReceived;
    private bool _receiveFailed;
    private bool _sendFoundReset;

    public override long BytesReceived => Input.BytesReceived;

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public override ConnectionProgress Progress => new(
        BytesReceived,
        BytesSent,
        Options.TimeProvider.GetElapsedTime(Volatile.Read(ref _lastActivityAt)),
        Output.HasUnsent,
        Output.TotalBlockedTime,
        Input.TotalPauseTime);

    public override TimeSpan ReadPausedFor => Input.PausedFor;

    public override TimeSpan SendBlockedFor => Output.BlockedFor;

    /// <summary>On the engine thread: whether anything may still be received.</summary>
    protected bool CanReceive => !_receiveFailed && !_receiving.IsSet;

    /// <summary>On the engine thread: whether anything may still be sent.</summary>
    protected bool CanSend => !_sending.IsSet;

    /// <summary>On the engine thread: whether the kernel has a send that it has not told of.</summary>
    protected virtual bool HasSendInFlight => false;

    /// <summary>The handler completed its output with this error, or its continuation threw it where no caller could catch it: on
    /// the pool it would end the process. From any thread.</summary>
    public void OnHandlerFailed(Exception error) => BreakAfterLocalError(error);

    /// <summary>Bytes were received. They are the input's only after this.</summary>
    protected void OnReceived(int count)
    {
        Volatile.Write(ref _lastActivityAt, Thread.Now); // Before a count grows: whoever sees that it did sees when.
        Thread.AddToBatch(count);
        TryNotifyStep(SocketFunction.Receive, count);
    }

    /// <summary>Receiving gave 0 bytes: FIN, or what is left of a reset whose error a send has taken.</summary>
    protected void OnFinReceived()
    {
        // A send under way may have taken the error already, and tell of it only after this.
        if (_sendFoundReset || (HasSendInFlight && IsSocketReset))
        {
            OnReceiveFailed(Errno.ConnectionReset);
            return;
        }

        _finReceived = true;
        TryNotifyStep(SocketFunction.Receive, 0);
        SetCloseReason(CloseReason.PeerFin);
        EndReceiving();
    }

    protected void OnReceiveFailed(Errno error)
    {
        _receiveFailed = true; // The error is told once: asked again, the kernel would say that the peer has ended in order.
        OnFailed(error.ToException(), isSend: false);
    }

    /// <summary>Bytes are with the system. True: there is more to send, or FIN.</summary>
    protected bool OnSent(int count)
    {
        Volatile.Write(ref _lastActivityAt, Thread.Now);
        Volatile.Write(ref _bytesSent, _bytesSent + count);
        TryNotifyStep(SocketFunction.Send, count);
        return Output.EndSend(count);
    }

    protected void OnSendFailed(Errno error)
    {
        var exception = error.ToException();
        _sendFoundReset |= SocketErrors.ToCloseReason(exception).Cause is CloseCause.Reset;
        OnFailed(exception, isSend: true);
        EndSending();
    }

    /// <summary>All was sent, and the output is completed.</summary>
    protected void SendFin()
    {
        // A break that was asked for meanwhile comes with the next turn: FIN before its reset would make the stream look whole.
        if (Volatile.Read(ref _closing) == 1 || !CanSendFin())
            return;
        SetCloseReason(CloseReason.LocalFin);
        if (_finReceived)
        {
            // The close that is due now sends FIN. Nobody else would notice that a reset came after the peer's FIN.
            if (SocketCalls.TakeError(Descriptor) is not Errno.None)
                OnFailed(Errno.ConnectionReset.ToException(), isSend: true);
        }
        else
        {
            _ = Libc.Shutdown(Descriptor, Constants.ShutdownWrite); // What it could meet, receiving meets as well.
        }

        TryNotifyStep(SocketFunction.Shutdown, 0);
        EndSending();
    }

    private void OnFailed(SocketException error, bool isSend)
    {
        if (_isClosing)
            return;
        var isReset = SocketErrors.ToCloseReason(error).Cause is CloseCause.Reset;
        RunObserver(() => NotifyStep(
            isSend ? SocketFunction.Send : SocketFunction.Receive, isReset: isReset, error: error.SocketErrorCode));
        BreakAfterError(error, isSend);
    }

    private void TryNotifyStep(SocketFunction function, long bytes)
    {
        if (Thread.Setup.Sockets.OnStep is null)
            return;
        try
        {
            NotifyStep(function, bytes);
        }
        catch (Exception e)
        {
            BreakAfterLocalError(e);
        }
    }
}
