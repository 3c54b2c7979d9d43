using System.Buffers;
using System.Net.Sockets;

namespace Sockeye;

internal sealed partial class SocketConnection
{
    /// <summary>
    /// Sent with one call. A larger write goes in parts, so that its memory is given back, and counted, as it goes.
    /// </summary>
    private const int MaxSendSize = 64 * 1024;

    private SocketSender? _gather;
    private long _bytesSent;
    private volatile bool _finSent;

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                var read = await _toSend.Reader.ReadAsync().ConfigureAwait(false);
                if (read.IsCanceled)
                    break; // The connection was broken while there was nothing to send.
                var part = read.Buffer.Length > MaxSendSize ? read.Buffer.Slice(0, MaxSendSize) : read.Buffer;
                if (!part.IsEmpty)
                    await SendAsync(part).ConfigureAwait(false);
                _toSend.Reader.AdvanceTo(part.End);
                if (read.IsCompleted && part.Length == read.Buffer.Length)
                {
                    SendFin();
                    break;
                }
            }
        }
        catch (Exception e)
        {
            OnFailed(SocketFunction.Send, e);
        }

        // Without an error: a writer learns of the end by FlushResult.IsCompleted.
        await _toSend.Reader.CompleteAsync().ConfigureAwait(false);
        EndDirection();
    }

    private async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
            await _socket.SendAsync(bytes.First, SocketFlags.None).ConfigureAwait(false);
        else
            await (_gather ??= new()).SendAsync(_socket, bytes).ConfigureAwait(false);
        Volatile.Write(ref _bytesSent, _bytesSent + bytes.Length);
        _steps.Tell(SocketFunction.Send, _socket, LocalEndPoint, RemoteEndPoint, bytes.Length);
    }

    private void SendFin()
    {
        // Once the peer's FIN has ended receiving, nobody else would notice that a reset came after it.
        if (_finReceived)
            ThrowIfReset();
        Explain(CloseReason.LocalFin);
        _finSent = true;
        _socket.Shutdown(SocketShutdown.Send);
        _steps.Tell(SocketFunction.Shutdown, _socket, LocalEndPoint, RemoteEndPoint);
    }
}
