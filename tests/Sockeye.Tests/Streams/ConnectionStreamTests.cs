using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Streams;

/// <summary>A connection as a stream.</summary>
public sealed class ConnectionStreamTests
{
    private const int Seed = 43;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Readers_and_writers_of_text_work_on_a_connection() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            using var reader = new StreamReader(connection.AsStream());
            await using var writer = new StreamWriter(connection.AsStream());
            while (await reader.ReadLineAsync() is { } line)
                await writer.WriteLineAsync(line.ToUpperInvariant());
        });
        await using var client = await world.Connect();

        // A line may come in parts.
        await client.SendAsync("on");
        await world.Pass(TimeSpan.FromSeconds(1));
        await client.SendAsync("e\ntwo\n");
        await client.Transport.Output.CompleteAsync();

        Assert.Equal(["ONE", "TWO", ""], (await client.ReadToEndAsync()).ReplaceLineEndings("\n").Split('\n'));
        await client.DisposeAsync();
        Assert.Contains("Peer Fin Input", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Long_writes_wait_for_the_peer_and_arrive_whole() => Simulated.Run(Seed, async world =>
    {
        var bytes = new byte[1_000_000];
        world.Network.Random.NextBytes(bytes);
        await using var server = await world.Start(async connection => await connection.AsStream().WriteAsync(bytes));
        await using var client = await world.Connect();

        using var received = new MemoryStream();
        await client.AsStream().CopyToAsync(received);

        Assert.Equal(bytes, received.ToArray());
    });

    [Fact]
    public void Reset_and_abort_are_errors_of_input_and_output() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.Start(async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            connection.Abort();
        });
        await using var client = await world.Connect();
        await using var stream = client.AsStream();
        await using var other = (await world.Connect()).AsStream();

        await stream.WriteAsync("x"u8.ToArray());
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1], CancellationToken.None).AsTask());
        await Assert.ThrowsAnyAsync<IOException>(() => stream.WriteAsync("x"u8.ToArray(), CancellationToken.None).AsTask());

        var reading = other.ReadAsync(new byte[1], CancellationToken.None).AsTask();
        ((ConnectionStream)other).Connection.Abort();
        var error = await Assert.ThrowsAsync<IOException>(() => reading);
        Assert.IsNotType<OperationCanceledException>(error);
    });

    [Fact]
    public async Task Cancelled_read_loses_nothing_and_an_empty_read_waits_for_data()
    {
        var (one, other) = ConnectionPair.Create();
        await using var stream = one.AsStream();
        using var cancel = new CancellationTokenSource();
        var reading = stream.ReadAsync(new byte[10], cancel.Token).AsTask();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        var empty = stream.ReadAsync(Memory<byte>.Empty, Cancelled).AsTask();
        Assert.False(empty.IsCompleted);
        await other.SendAsync("data");

        Assert.Equal(0, await empty.Within());
        var buffer = new byte[10];
        Assert.Equal(4, await stream.ReadAsync(buffer, Cancelled).Within());
        Assert.Equal("data"u8, buffer.AsSpan(0, 4));
        other.Abort();
    }

    [Fact]
    public async Task Synchronous_calls_work_on_their_own_thread()
    {
        var (one, other) = ConnectionPair.Create();
        await using var stream = one.AsStream();

        var echoing = EchoOnceAsync(other);
        var echoed = await Task.Run(
            () =>
            {
                stream.Write("ping"u8);
                stream.Flush();
                var buffer = new byte[4];
                stream.ReadExactly(buffer);
                return buffer;
            },
            Cancelled).Within();
        await echoing;

        Assert.Equal("ping"u8, echoed);
        other.Abort();
    }

    [Fact]
    public void Disposed_stream_of_a_client_closes_its_connection_and_of_a_handler_does_not() => Simulated.Run(
        Seed, async world =>
        {
            await using var server = await world.Start(async connection =>
            {
                var stream = connection.AsStream();
                await stream.DisposeAsync();
                Assert.False(stream.CanRead || stream.CanWrite || stream.CanSeek);
                await Assert.ThrowsAsync<ObjectDisposedException>(
                    () => stream.WriteAsync("x"u8.ToArray(), CancellationToken.None).AsTask());
                await connection.SendAsync("still open");
                await connection.Transport.Input.ReadAsync();
            });
            await using var client = await world.Connect();

            Assert.Equal("still open", await client.ReadAsync("still open".Length));
#pragma warning disable CA1849 // The synchronous call is what is tested.
            client.AsStream().Dispose();
#pragma warning restore CA1849

            Assert.Contains("Peer Fin Input", (await world.ConnectionEnded()).Message);
        });

    [Fact]
    public async Task Stream_has_no_length_and_no_position()
    {
        var (one, other) = ConnectionPair.Create();
        await using var stream = one.AsStream();

        Assert.Throws<NotSupportedException>(() => stream.Length);
        Assert.Throws<NotSupportedException>(() => stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.Position = 1);
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(1));
        other.Abort();
    }

    [Fact]
    public async Task HttpClient_connects_through_a_client()
    {
        var lines = Codec.Lines(maxLength: 1000, ending: LineEnding.CrLf);
        await using var server = await SockeyeServer.StartAsync(
            options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(lines, async peer =>
            {
                var requested = "";
                await foreach (var line in peer.ReadAllAsync())
                {
                    requested = requested.Length == 0 ? line.Split(' ')[1] : requested;
                    if (line.Length > 0)
                        continue;
                    await peer.WriteManyAsync(["HTTP/1.1 200 OK", $"Content-Length: {requested.Length + 2}", "", requested]);
                    requested = "";
                }
            }),
            Cancelled);
        var client = new SockeyeClient();
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
                (await client.ConnectAsync(context.DnsEndPoint, cancellationToken)).AsStream(),
        });
        var address = $"http://127.0.0.1:{((IPEndPoint)server.EndPoints[0]).Port}";

        Assert.Equal("/one\r\n", await http.GetStringAsync($"{address}/one", Cancelled));
        Assert.Equal("/two\r\n", await http.GetStringAsync($"{address}/two", Cancelled));
    }

    private static async Task EchoOnceAsync(ConnectionContext connection) =>
        await connection.SendAsync(await connection.ReadAsync(4));
}
