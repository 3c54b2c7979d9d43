namespace Sockeye;

internal partial class StreamConnection
{
    /// <summary>
    /// Sent with one call. A larger write goes in parts, so that its memory is given back, and counted, as it goes.
    /// </summary>
    private const int MaxSendSize = 64 * 1024;

    private long _bytesSent;
    private volatile bool _isFinSent;
    private WaitStopwatch _sendWaits;
    private TaskCompletionSource? _finRelease;

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var read = await _sendPipe.Reader.ReadAsync().ConfigureAwait(_keepsContext);
                if (read.IsCanceled)
                    break; // The connection was broken while there was nothing to send.
                var part = read.Buffer.Length > MaxSendSize ? read.Buffer.Slice(0, MaxSendSize) : read.Buffer;
                if (!part.IsEmpty)
                {
                    var sending = _socket.SendAsync(part);
                    var hasToWait = !sending.IsCompleted;
                    if (hasToWait)
                        _sendWaits.Start(_options.TimeProvider.GetTimestamp());
                    await sending.ConfigureAwait(_keepsContext);
                    if (hasToWait)
                        _sendWaits.Stop(_options.TimeProvider.GetTimestamp());
                    StampIo();
                    Volatile.Write(ref _bytesSent, _bytesSent + part.Length);
                }

                _sendPipe.Reader.AdvanceTo(part.End);
                if (read.IsCompleted && part.Length == read.Buffer.Length)
                {
                    if (await WaitForFinAsync().ConfigureAwait(_keepsContext))
                        SendFin();
                    break;
                }
            }
        }
        catch (Exception e)
        {
            OnFailed(e, isSend: true);
        }

        // Without an error: a writer learns of the end by FlushResult.IsCompleted.
        await _sendPipe.Reader.CompleteAsync().ConfigureAwait(_keepsContext);
        OnDirectionEnded();
    }

    /// <summary>False where the connection was broken while FIN was withheld.</summary>
    private async ValueTask<bool> WaitForFinAsync()
    {
        if (!HasOwner)
            return true;
        var mayLeave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A full fence: a break, and the owner that lets go, find this, or are seen below.
        Interlocked.Exchange(ref _finRelease, mayLeave);
        if (!CanSendFin() && !_isSocketClosed)
            await mayLeave.Task.ConfigureAwait(_keepsContext);
        return !_isSocketClosed;
    }

    private void SendFin()
    {
        // Once the peer's FIN has ended receiving, nobody else would notice that a reset came after it.
        if (_isFinReceived)
            ThrowIfReset();
        SetCloseReason(CloseReason.LocalFin);
        _isFinSent = true;
        _socket.ShutdownSend();
    }
}
