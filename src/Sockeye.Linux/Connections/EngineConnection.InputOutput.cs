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

    /// <summary>
    /// Breaks the connection, because the handler completed its output with this error, or because its continuation threw it
    /// where no caller can catch it, which would end the process on the thread pool. Safe from any thread.
    /// </summary>
    public void OnHandlerFailed(Exception error) => BreakAfterLocalError(error);

    /// <summary>Records received bytes. The caller adds them to the input afterwards.</summary>
    protected void OnReceived(int count)
    {
        Thread.AssertOnEngineThread();
        Debug.Assert(count > 0, "An empty receive means FIN.");
        // Written before the count, so that a reader that sees the new count also sees the new time.
        Volatile.Write(ref _lastActivityAt, Thread.Now);
        Thread.AddToBatch(count);
        TryNotifyStep(SocketFunction.Receive, count);
    }

    /// <summary>Called when a receive returned 0 bytes: FIN, or a reset whose error a send has consumed.</summary>
    protected void OnFinReceived()
    {
        Thread.AssertOnEngineThread();
        // A send in flight may have consumed the error already, and completes only after this.
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
        _receiveFailed = true; // The kernel reports the error once. A second receive would look like an orderly end.
        OnFailed(error.ToException(), isSend: false);
    }

    /// <summary>Records bytes that the system accepted. Returns true if there are more bytes, or FIN, to send.</summary>
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

    /// <summary>Sends FIN, after everything was sent and the output is completed.</summary>
    protected void SendFin()
    {
        Thread.AssertOnEngineThread();
        // A posted break runs in the next iteration. FIN before its reset would make the stream look complete.
        if (Volatile.Read(ref _closing) == 1 || !CanSendFin())
            return;
        SetCloseReason(CloseReason.LocalFin);
        if (_finReceived)
        {
            // The close that follows sends FIN. Nothing else would detect a reset that came after the peer's FIN.
            if (SocketCalls.TakeError(Descriptor) is not Errno.None)
                OnFailed(Errno.ConnectionReset.ToException(), isSend: true);
        }
        else
        {
            _ = Libc.Shutdown(Descriptor, Constants.ShutdownWrite); // Receiving also reports an error of this call.
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
