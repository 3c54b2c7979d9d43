using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>Any stream as the socket of a connection.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer, and the socket closes the stream in Close.")]
internal sealed class SocketOfStream(Stream stream, Action? endWrites) : StreamSocket
{
    private readonly CancellationTokenSource _closed = new();
    private Task _ending = Task.CompletedTask;
    private volatile bool _isOver;

    public override EndPoint? LocalEndPoint => (stream as ConnectionStream)?.Connection.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => (stream as ConnectionStream)?.Connection.RemoteEndPoint;

    public override bool IsReset => false;

    public override SystemProgress? GetSystemProgress() => null;

    /// <summary>A stream cannot be asked whether it has data without a buffer.</summary>
    public override ValueTask<bool> WaitForDataAsync() => new(true);

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return await stream.ReadAsync(buffer, _closed.Token);
        }
        catch (Exception) when (_isOver)
        {
            return 0; // This side has ended the stream, and with it both directions.
        }
        catch (Exception error)
        {
            throw ToClosed(error);
        }
    }

    public override async ValueTask SendAsync(ReadOnlySequence<byte> bytes)
    {
        try
        {
            foreach (var segment in bytes)
                await stream.WriteAsync(segment, _closed.Token);
            await stream.FlushAsync(_closed.Token);
        }
        catch (Exception error)
        {
            throw ToClosed(error);
        }
    }

    public override void ShutdownSend()
    {
        try
        {
            if (endWrites is not null)
                endWrites();
            else if (stream is NetworkStream network)
                network.Socket.Shutdown(SocketShutdown.Send);
            else if (stream is ConnectionStream { Connection: var connection })
                connection.Transport.Output.Complete();
            else if (stream is SslStream tls)
                _ending = tls.ShutdownAsync();
            else
                EndBoth();
        }
        catch (Exception error) when (error is not SocketException)
        {
            throw ToClosed(error);
        }
    }

    public override void Close(bool reset)
    {
        if (reset && stream is NetworkStream network)
            Reset(network.Socket);
        else if (reset && stream is ConnectionStream { Connection: var connection })
            connection.Abort();
        if (reset || _ending.IsCompleted)
            EndBoth();
        else
            _ = EndBothAfterAsync(_ending);
    }

    /// <summary>Closes the socket by RST. Disposing its stream would send FIN first.</summary>
    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new(enable: true, seconds: 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed or broken already.
        }

        socket.Close(timeout: 0);
    }

    private async Task EndBothAfterAsync(Task ending)
    {
        await ending.WithoutThrowing();
        EndBoth();
    }

    private void EndBoth()
    {
        _isOver = true;
        _closed.Cancel();
        _ = DisposeStreamAsync();
    }

    private async Task DisposeStreamAsync()
    {
        try
        {
            await stream.DisposeAsync();
        }
        catch (Exception)
        {
            // The connection has ended, with its reason. No caller waits for the stream.
        }
    }

    private static StreamClosedException ToClosed(Exception error) => new(
        error.GetBaseException() is SocketException socketError
            ? SocketErrors.ToCloseReason(socketError)
            : new(ClosedBy.Peer, CloseCause.Reset, CloseDirection.Both,
                $"the stream of the connection failed: {SentenceText.TrimFullStop(error.Message)}", error),
        error);
}
