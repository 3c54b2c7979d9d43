using System.Buffers;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>One end of a connection of the page: it reads until the peer's FIN, and does everything else on request.</summary>
/// <param name="connection">The connection, which ends when both directions have ended.</param>
/// <param name="echoes">Whether received bytes are sent back.</param>
internal sealed class PageEnd(ConnectionContext connection, bool echoes)
{
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _hasSentEnd;
    private volatile bool _hasReceivedEnd;
    private volatile bool _isClosed;

    public ConnectionContext Connection => connection;

    /// <summary>Whether this end has sent FIN.</summary>
    public bool HasSentEnd => _hasSentEnd;

    /// <summary>Whether the peer's FIN has arrived.</summary>
    public bool HasReceivedEnd => _hasReceivedEnd;

    /// <summary>A task that completes when the program has closed the socket.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Whether the program has closed the socket. The kernel may keep it longer.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Reads until the end, and then closes the socket. Does not throw.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (!_hasReceivedEnd)
            {
                var read = await connection.Transport.Input.ReadAsync();
                if (echoes && !read.Buffer.IsEmpty)
                    await SendAsync(read.Buffer);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                _hasReceivedEnd = read.IsCompleted;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The connection was reset, by this end or by the peer, so that nothing is left to end in order.
            await CloseAsync();
            return;
        }

        // Each of the two sets its flag before it reads that of the other, so that the later one closes.
        if (_hasSentEnd)
            await CloseAsync();
    }

    /// <summary>Sends bytes. Returns false if this end has sent FIN.</summary>
    public async Task<bool> SendAsync(ReadOnlySequence<byte> bytes)
    {
        await _writing.WaitAsync();
        try
        {
            if (_hasSentEnd || _isClosed)
                return false;
            foreach (var block in bytes)
                connection.Transport.Output.Write(block.Span);
            await connection.Transport.Output.FlushAsync();
            return true;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends FIN. Returns false if this end has sent it before.</summary>
    public async Task<bool> EndAsync()
    {
        await _writing.WaitAsync();
        try
        {
            if (_hasSentEnd || _isClosed)
                return false;
            _hasSentEnd = true;
            await connection.Transport.Output.CompleteAsync();
        }
        finally
        {
            _writing.Release();
        }

        if (_hasReceivedEnd)
            await CloseAsync();
        return true;
    }

    /// <summary>Sends RST, and closes the socket.</summary>
    public void Reset(string reason)
    {
        connection.Abort(CloseCause.Abort, reason);
        _ = CloseAsync();
    }

    /// <summary>Closes the socket if the peer has reset the connection after its FIN, which no read reports then.</summary>
    public void CloseIfReset()
    {
        if (_hasReceivedEnd && !_isClosed && connection.GetTcpInfo()?.State is TcpState.Closed)
            _ = CloseAsync();
    }

    private async Task CloseAsync()
    {
        await connection.DisposeAsync();
        _isClosed = true;
        _closed.TrySetResult();
    }
}
