using System.Diagnostics;
using System.Net.Sockets;

namespace Sockeye.Linux;

internal partial class EngineConnection
{
    /// <summary>Whether the kernel has a send that has not completed.</summary>
    protected virtual bool HasSendInFlight => false;

    /// <summary>Records received bytes. The caller adds them to the input afterwards.</summary>
    protected void OnReceived(int count)
    {
        Debug.Assert(count > 0, "An empty receive means FIN.");
        OnReceived();
        Thread.AddToBatch(count);
        TryNotifyStep(SocketFunction.Receive, count);
    }

    protected void OnReceiveFailed(Errno error) => OnReceiveFailed(error.ToException());

    protected void OnSendFailed(Errno error) => OnSendFailed(error.ToException());

    /// <summary>Records sent bytes. Returns true if there are more bytes, or FIN, to send.</summary>
    protected bool OnBytesSent(int count)
    {
        TryNotifyStep(SocketFunction.Send, count);
        return OnSent(count);
    }

    protected override bool IsResetHidden(bool isFinReceived)
    {
        Thread.AssertOnEngineThread();
        // A send in flight may have consumed the error of a reset already, and completes only after the FIN.
        return isFinReceived
            ? HasSendInFlight && IsSocketReset
            : Kernel.TakeError(Descriptor) is not Errno.None;
    }

    /// <remarks>After the peer's FIN, the close that follows at once sends FIN.</remarks>
    /// <inheritdoc/>
    protected override void ShutdownSend()
    {
        Thread.AssertOnEngineThread();
        if (!IsFinReceived)
            _ = Kernel.Shutdown(Descriptor, Constants.ShutdownWrite); // Receiving also reports an error of this call.
        TryNotifyStep(SocketFunction.Shutdown, 0);
    }

    protected override void NotifyFinReceived() => TryNotifyStep(SocketFunction.Receive, 0);

    protected override void NotifyFailure(SocketException exception, bool isSend, bool isReset) => NotifyStep(
        isSend ? SocketFunction.Send : SocketFunction.Receive, isReset: isReset, error: exception.SocketErrorCode);

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
