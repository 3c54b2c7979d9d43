using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Transport.Tests.Support;

/// <summary>One end of a connection in a test: every wait is bounded, every end is checked.</summary>
public sealed class TestEnd
{
    private readonly TransportWorld _world;
    private readonly string _role;
    private readonly TaskCompletionSource _closed = new();

    public TestEnd(ConnectionContext connection, TransportWorld world, string role)
    {
        (Connection, _world, _role) = (connection, world, role);
        connection.ConnectionClosed.Register(_closed.SetResult);
    }

    public ConnectionContext Connection { get; }

    public PipeReader Input => Connection.Transport.Input;

    public PipeWriter Output => Connection.Transport.Output;

    /// <summary>What the peer wrote, so without what encryption adds.</summary>
    public long BytesReceived => Connection is TlsConnection tls ? tls.BytesReceived : Connection.BytesReceived!.Value;

    public long BytesSent => Connection is TlsConnection tls ? tls.BytesSent : Connection.BytesSent!.Value;

    public CloseReason? Reason => Connection.CloseReason;

    /// <summary>Ends when both directions are gone.</summary>
    public Task Closed => _closed.Task;

    public Task<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _world.Soon(Input.ReadAsync(cancellationToken).AsTask(), $"{_role} reads");

    public Task<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _world.Soon(Output.FlushAsync(cancellationToken).AsTask(), $"{_role} flushes");

    /// <summary>Writes and flushes; the peer must still be there.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var flush = await _world.Soon(Output.WriteAsync(bytes).AsTask(), $"{_role} sends {bytes.Length} bytes");
        Assert.False(flush.IsCompleted, $"{_role}: the peer is gone ({Reason})");
        Assert.False(flush.IsCanceled);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task ShouldReceiveAsync(string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(await ReceiveAsync(Encoding.UTF8.GetByteCount(text))));

    /// <summary>This and then FIN.</summary>
    public async Task ShouldReceiveToEndAsync(string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(await ReceiveToEndAsync()));

    /// <summary>Takes exactly this many bytes and leaves the rest.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        var read = await _world.Soon(Input.ReadAtLeastAsync(count).AsTask(), $"{_role} receives {count} bytes");
        Assert.True(read.Buffer.Length >= count, $"{_role}: the stream ended after {read.Buffer.Length} of {count} bytes");
        var bytes = read.Buffer.Slice(0, count).ToArray();
        Input.AdvanceTo(read.Buffer.GetPosition(count));
        return bytes;
    }

    /// <summary>Takes everything up to the peer's FIN.</summary>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        while (true)
        {
            var read = await ReadAsync();
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                Input.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads away what is there; gives the error that reading ends with.</summary>
    public async Task<Exception?> ReceiveToErrorAsync()
    {
        while (true)
        {
            try
            {
                var read = await ReadAsync();
                Input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return null;
            }
            catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException)
            {
                return e;
            }
        }
    }

    public async Task SendAsync(Pattern pattern, long length, int chunk = 64 * 1024)
    {
        for (long sent = 0; sent < length;)
        {
            var size = (int)Math.Min(chunk, length - sent);
            pattern.Fill(Output.GetSpan(size)[..size], sent);
            Output.Advance(size);
            var flush = await FlushAsync();
            Assert.False(flush.IsCompleted, $"{_role}: the peer is gone after {sent} bytes ({Reason})");
            sent += size;
        }
    }

    /// <summary>Takes exactly this many bytes of the pattern, without keeping them.</summary>
    public async Task ReceiveAsync(Pattern pattern, long length, long from = 0)
    {
        for (var taken = from; taken < from + length;)
        {
            var read = await ReadAsync();
            var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, from + length - taken));
            Assert.False(read.IsCompleted && bytes.IsEmpty, $"{_role}: the stream ended after {taken} bytes");
            pattern.Check(bytes, taken);
            taken += bytes.Length;
            Input.AdvanceTo(bytes.End);
        }
    }

    /// <summary>Writes until the peer is gone; returns when a flush says so.</summary>
    public async Task SendUntilGoneAsync()
    {
        while (true)
        {
            Output.Advance(Output.GetMemory(4096).Length);
            if ((await FlushAsync()).IsCompleted)
                return;
        }
    }

    /// <summary>The peer's FIN is next.</summary>
    public async Task ReceiveFinAsync() => Assert.Empty(await ReceiveToEndAsync());

    /// <summary>Sends FIN: this direction is done.</summary>
    public Task SendFinAsync() => _world.Soon(Output.CompleteAsync().AsTask(), $"{_role} completes its output");

    public Task DisposeAsync() => _world.Soon(Connection.DisposeAsync().AsTask(), $"{_role} disposes");

    /// <summary>Both directions must go, for this reason.</summary>
    public async Task ShouldEndAsync(ClosedBy by, CloseCause cause)
    {
        await _world.Soon(Closed, $"ConnectionClosed of {this}");
        Assert.NotNull(Reason);
        Assert.True(
            (Reason.By, Reason.Cause) == (by, cause),
            $"{this} ended by {Reason.By} {Reason.Cause}: {Reason}; expected {by} {cause}");
    }

    public override string ToString() => $"{_role} {Connection.ConnectionId}";
}
