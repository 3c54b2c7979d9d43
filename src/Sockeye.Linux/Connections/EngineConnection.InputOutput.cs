using System.Diagnostics;
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

    /// <summary>Whether anything may still be received.</summary>
    protected bool CanReceive
    {
        get
        {
            Thread.AssertOnEngineThread();
            return !_receiveFailed && !_receiving.IsSet;
        }
    }

    /// <summary>Whether anything may still be sent.</summary>
    protected bool CanSend
    {
        get
        {
            Thread.AssertOnEngineThread();
            return !_sending.IsSet;
        }
    }

    /// <summary>Whether the kernel has a send that has not completed.</summary>
    protected virtual bool HasSendInFlight => false;

    /// <summary>The handler completed its output with this error, or its continuation threw it where no caller could catch it: on
    /// the thread pool it would end the process. Safe from any thread.</summary>
    public void OnHandlerFailed(Exception error) => BreakAfterLocalError(error);

    /// <summary>Bytes were received. The caller gives them to the input afterwards.</summary>
    protected void OnReceived(int count)
    {
        Thread.AssertOnEngineThread();
        Debug.Assert(count > 0, "Nothing received is FIN.");
        Volatile.Write(ref _lastActivityAt, Thread.Now); // Before the count: a reader that sees it grow sees when it grew.
        Thread.AddToBatch(count);
        TryNotifyStep(SocketFunction.Receive, count);
    }

    /// <summary>Receiving gave 0 bytes: FIN, or what is left of a reset whose error a send has taken.</summary>
    protected void OnFinReceived()
    {
        Thread.AssertOnEngineThread();
        // A send in flight may have taken the error already, and completes only after this.
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
        Thread.AssertOnEngineThread();
        _receiveFailed = true; // The kernel reports the error once: a second receive would look like an orderly end.
        OnFailed(error.ToException(), isSend: false);
    }

    /// <summary>The system has taken bytes. True: there is more to send, or FIN.</summary>
    protected bool OnSent(int count)
    {
        Thread.AssertOnEngineThread();
        Volatile.Write(ref _lastActivityAt, Thread.Now);
        Volatile.Write(ref _bytesSent, _bytesSent + count);
        TryNotifyStep(SocketFunction.Send, count);
        return Output.EndSend(count);
    }

    protected void OnSendFailed(Errno error)
    {
        Thread.AssertOnEngineThread();
        var exception = error.ToException();
        _sendFoundReset |= SocketErrors.ToCloseReason(exception).Cause is CloseCause.Reset;
        OnFailed(exception, isSend: true);
        EndSending();
    }

    /// <summary>All was sent, and the output is completed.</summary>
    protected void SendFin()
    {
        Thread.AssertOnEngineThread();
        // A break that is posted comes with the next iteration: FIN before its reset would make the stream look whole.
        if (Volatile.Read(ref _closing) == 1 || !CanSendFin())
            return;
        SetCloseReason(CloseReason.LocalFin);
        if (_finReceived)
        {
            // The close that is due now sends FIN. Nothing else would notice a reset that came after the peer's FIN.
            if (SocketCalls.TakeError(Descriptor) is not Errno.None)
                OnFailed(Errno.ConnectionReset.ToException(), isSend: true);
        }
        else
        {
            _ = Libc.Shutdown(Descriptor, Constants.ShutdownWrite); // An error of this is one that receiving finds as well.
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
