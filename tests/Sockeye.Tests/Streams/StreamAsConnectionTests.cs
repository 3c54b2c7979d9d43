using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Streams;

/// <summary>A stream as a connection: how its end and its errors become those of the connection.</summary>
public sealed class StreamAsConnectionTests
{
    private static (ClosedBy By, CloseCause Cause) EndOf(ConnectionContext connection) =>
        (connection.CloseReason!.By, connection.CloseReason!.Cause);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Half_close_passes_through_a_network_stream()
    {
        var (client, server) = await ConnectSocketsAsync();
        await using var one = new NetworkStream(client, ownsSocket: true).AsConnection();
        await using var other = new NetworkStream(server, ownsSocket: true).AsConnection();

        await one.SendAsync("question");
        await one.Transport.Output.CompleteAsync();
        Assert.Equal("question", await other.ReadToEndAsync().Within());
        await other.SendAsync("answer");
        await other.Transport.Output.CompleteAsync();

        Assert.Equal("answer", await one.ReadToEndAsync().Within());
        Assert.Equal(CloseCause.Fin, one.CloseReason!.Cause);
    }

    [Fact]
    public async Task Abort_of_a_network_stream_resets_the_peer()
    {
        var (client, server) = await ConnectSocketsAsync();
        var one = new NetworkStream(client, ownsSocket: true).AsConnection();
        await using var other = new NetworkStream(server, ownsSocket: true).AsConnection();

        one.Abort();

        await other.AssertResetAsync().Within();
        Assert.Equal((ClosedBy.Peer, CloseCause.Reset), EndOf(other));
        await one.DisposeAsync();
    }

    [Fact]
    public async Task Half_close_passes_through_the_stream_of_a_connection()
    {
        var (one, other) = ConnectionPair.Create();
        await using var layered = one.AsStream().AsConnection();

        await layered.SendAsync("question");
        await layered.Transport.Output.CompleteAsync();
        Assert.Equal("question", await other.ReadToEndAsync().Within());
        await other.SendAsync("answer");
        await other.Transport.Output.CompleteAsync();

        Assert.Equal("answer", await layered.ReadToEndAsync().Within());
        await other.DisposeAsync();
    }

    [Fact]
    public async Task Stream_without_half_close_is_disposed_at_once_when_this_side_ends()
    {
        var stream = new ScriptedStream();
        var connection = stream.AsConnection();

        await connection.SendAsync("bye");
        await connection.DisposeAsync().AsTask().Within();

        Assert.Equal("bye", stream.Written);
        Assert.True(stream.IsDisposed);
        Assert.Equal((ClosedBy.Local, CloseCause.Fin), EndOf(connection));
    }

    [Fact]
    public async Task End_of_writes_can_be_given()
    {
        var stream = new ScriptedStream();
        await using var connection = stream.AsConnection(endWrites: stream.EndReads);

        await connection.SendAsync("bye");
        await connection.Transport.Output.CompleteAsync();

        Assert.Equal("", await connection.ReadToEndAsync().Within());
        await connection.DisposeAsync().AsTask().Within();
        Assert.True(stream.IsDisposed);
    }

    [Fact]
    public async Task Error_of_the_stream_is_the_reason_of_the_break()
    {
        var stream = new ScriptedStream();
        await using var connection = stream.AsConnection();

        stream.Fail(new InvalidDataException("The tunnel collapsed."));

        await connection.AssertResetAsync().Within();
        var reason = connection.CloseReason!;
        Assert.Equal("the stream of the connection failed: The tunnel collapsed", reason.Description);
        Assert.IsType<InvalidDataException>(reason.Exception);
    }

    [Fact]
    public void Stream_that_cannot_write_is_refused()
    {
        using var stream = new MemoryStream([1], writable: false);

        var error = Assert.Throws<ArgumentException>(() => stream.AsConnection());

        Assert.Contains("MemoryStream cannot write", error.Message, StringComparison.Ordinal);
    }

    private static async Task<(Socket Client, Socket Server)> ConnectSocketsAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, Cancelled);
        return (client, await listener.AcceptAsync(Cancelled));
    }

    /// <summary>A stream whose reads wait until the test ends or fails them, or the stream is disposed.</summary>
    private sealed class ScriptedStream : Stream
    {
        private readonly TaskCompletionSource<int> _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly MemoryStream _written = new();

        public string Written => System.Text.Encoding.ASCII.GetString(_written.ToArray());

        public bool IsDisposed { get; private set; }

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void EndReads() => _reading.TrySetResult(0);

        public void Fail(Exception error) => _reading.TrySetException(error);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await _reading.Task.WaitAsync(cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _written.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
