using System.Net.Sockets;

namespace Sockeye;

internal partial class StreamConnection
{
    private long _bytesReceived;
    private volatile bool _isFinReceived;
    private WaitStopwatch _receivePauses;

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                // Waiting takes no buffer: an idle connection costs no block.
                if (!await _socket.WaitForDataAsync().ConfigureAwait(_keepsContext))
                    continue;
                var buffer = _receivePipe.Writer.GetMemory(PinnedBlockPool.BlockSize / 4);
                var received = await ReceiveOnceAsync(buffer).ConfigureAwait(_keepsContext);
                if (received == 0)
                    break;
                _receivePipe.Writer.Advance(received);
                var flushing = _receivePipe.Writer.FlushAsync();
                var isPaused = !flushing.IsCompleted;
                if (isPaused)
                    _receivePauses.Start(_options.TimeProvider.GetTimestamp());
                var flush = await flushing.ConfigureAwait(_keepsContext);
                if (isPaused)
                    _receivePauses.Stop(_options.TimeProvider.GetTimestamp());
                if (flush.IsCompleted || _discardsInput)
                {
                    await _receivePipe.Writer.CompleteAsync().ConfigureAwait(_keepsContext); // gives its buffer back
                    await DiscardAsync().ConfigureAwait(_keepsContext);
                    break;
                }

                if (flush.IsCanceled)
                    break; // The connection was broken while receiving paused.
            }
        }
        catch (Exception e)
        {
            OnFailed(e, isSend: false);
        }

        if (CloseReason is { IsOrderly: false } reason)
            _input.SetFinalError(SocketErrors.ToReadException(reason));
        await _receivePipe.Writer.CompleteAsync().ConfigureAwait(_keepsContext);
        OnReceiveEnded();
        OnDirectionEnded();
    }

    /// <summary>Keeps taking what nobody wants to read, so that the peer's FIN or reset is still seen.</summary>
    private async Task DiscardAsync()
    {
        while (true)
        {
            if (!await _socket.WaitForDataAsync().ConfigureAwait(_keepsContext))
                continue;
            using var block = _options.Pool.Rent();
            if (await ReceiveOnceAsync(block.Memory).ConfigureAwait(_keepsContext) == 0)
                return;
        }
    }

    private async ValueTask<int> ReceiveOnceAsync(Memory<byte> buffer)
    {
        var received = await _socket.ReceiveAsync(buffer).ConfigureAwait(_keepsContext);
        if (received == 0)
        {
            ThrowIfReset();
            _isFinReceived = true;
            SetCloseReason(CloseReason.PeerFin);
        }

        StampIo();
        Volatile.Write(ref _bytesReceived, _bytesReceived + received);
        return received;
    }

    /// <summary>
    /// A reset is not always an error of the call that meets it: a send may have taken the error already, after FIN receiving
    /// gives 0 again, and shutdown() says nothing. The state of the socket still tells, as long as this side has not sent its own
    /// FIN.
    /// </summary>
    private void ThrowIfReset()
    {
        if (!_isFinSent && _socket.IsReset)
            throw new SocketException((int)SocketError.ConnectionReset);
    }
}
