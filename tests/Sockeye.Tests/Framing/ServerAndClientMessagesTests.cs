using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class ServerAndClientMessagesTests : IDisposable
{
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    private readonly TestLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Client_and_server_exchange_messages()
    {
        await using var server = await StartAsync(EchoAsync);
        await using var client = await ConnectAsync(server);

        await client.WriteAsync("one", TestContext.Current.CancellationToken);
        await client.WriteAsync("two", TestContext.Current.CancellationToken);

        Assert.Equal(["one", "two"], await ReadAsync(client, 2));
    }

    [Fact]
    public async Task Directions_may_speak_different_messages()
    {
        var numbers = Codec.FixedSize(4).Of<int>(
            (value, output) =>
            {
                BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), value);
                output.Advance(4);
            },
            bytes => BinaryPrimitives.ReadInt32BigEndian(bytes.FirstSpan));
        await using var server = await SockeyeServer.StartAsync(
            options => options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(Lines, numbers, async peer =>
            {
                await foreach (var line in peer.ReadAllAsync())
                    await peer.WriteAsync(line.Length);
            }), TestContext.Current.CancellationToken);
        await using var connection = await server.ConnectAsync();
        var client = connection.AsMessages(numbers, Lines);

        await client.WriteAsync("four", TestContext.Current.CancellationToken);

        await foreach (var length in client.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(4, length);
            break;
        }
    }

    [Theory]
    [InlineData("this line is longer than the sixty-four bytes that the codec allows, so it is refused", "Peer Limit Input")]
    [InlineData("\uffff", "Peer ProtocolError Input")]
    public async Task Bad_frame_ends_its_connection_with_its_reason_and_no_other(string text, string reason)
    {
        await using var server = await StartAsync(EchoAsync);
        await using var good = await ConnectAsync(server);
        await using var bad = await server.ConnectAsync();
        byte[] bytes = text is "\uffff" ? [0xff, 0xff, (byte)'\n'] : System.Text.Encoding.ASCII.GetBytes(text + "\n");

        await bad.Transport.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);

        await bad.AssertResetAsync();
        Assert.Contains(reason, (await _log.ConnectionEnded()).Message);
        await good.WriteAsync("still here", TestContext.Current.CancellationToken);
        Assert.Equal(["still here"], await ReadAsync(good, 1));
    }

    [Fact]
    public async Task Peer_that_ends_within_a_message_is_a_protocol_error()
    {
        await using var server = await StartAsync(EchoAsync);
        await using var client = await server.ConnectAsync();

        await client.SendAsync("half a li");
        await client.Transport.Output.CompleteAsync();

        await client.AssertResetAsync();
        Assert.Contains("Peer ProtocolError Input", (await _log.ConnectionEnded()).Message);
    }

    [Fact]
    public async Task Stop_drains_message_handlers_at_once_and_the_reason_is_the_stop()
    {
        await using var server = await StartAsync(EchoAsync);
        await using var client = await ConnectAsync(server);
        await client.WriteAsync("x", TestContext.Current.CancellationToken);
        await ReadAsync(client, 1);

        var stopping = server.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await ReadAsync(client, int.MaxValue));
        await client.DisposeAsync();

        Assert.Equal(1, (await stopping.Within()).Drained);
        Assert.Contains("Local Stop Output", (await _log.ConnectionEnded()).Message);
    }

    [Fact]
    public async Task Handler_that_throws_while_its_write_waits_for_the_peer_is_reset_without_delay()
    {
        await using var server = await StartAsync(peer =>
        {
            _ = FloodAsync(peer);
            return Task.FromException(new FormatException("enough"));
        });
        await using var client = await server.ConnectAsync();

        Assert.Contains("Local HandlerError Both", (await _log.ConnectionEnded()).Message);

        static async Task FloodAsync(MessageConnection<string> peer)
        {
            while (peer.CloseReason is null)
                await peer.WriteAsync(new string('x', 60));
        }
    }

    [Fact]
    public async Task Reconnecting_client_goes_on_after_its_server_was_lost()
    {
        var client = new SockeyeClient(options =>
            options.Reconnect.DelayMin = options.Reconnect.DelayMax = TimeSpan.FromMilliseconds(1));
        var connections = 0;
        await using var server = await StartAsync(async peer =>
        {
            await peer.WriteAsync($"{Interlocked.Increment(ref connections)}");
            await foreach (var _ in peer.ReadAllAsync())
                peer.Connection.Abort();
        });

        List<string> heard = [];
        await foreach (var feed in client.ReconnectAsync(server.EndPoints[0], Lines, TestContext.Current.CancellationToken))
        {
            await foreach (var line in feed.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                heard.Add(line);
                await feed.WriteAsync("reset me", TestContext.Current.CancellationToken);
            }

            Assert.Equal(CloseCause.Reset, feed.CloseReason?.Cause);
            if (heard.Count == 3)
                break;
        }

        Assert.Equal(["1", "2", "3"], heard);
    }

    private static async Task<MessageConnection<string>> ConnectAsync(SockeyeServer server) =>
        await new SockeyeClient().ConnectAsync(server.EndPoints[0], Lines, TestContext.Current.CancellationToken);

    private static async Task EchoAsync(MessageConnection<string> peer)
    {
        await foreach (var line in peer.ReadAllAsync())
            await peer.WriteAsync(line);
    }

    private static async Task<List<string>> ReadAsync(MessageConnection<string> connection, int count)
    {
        List<string> lines = [];
        await foreach (var line in connection.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            lines.Add(line);
            if (lines.Count == count)
                break;
        }

        return lines;
    }

    private Task<SockeyeServer> StartAsync(Func<MessageConnection<string>, Task> handler) => SockeyeServer.StartAsync(options =>
    {
        options.LoggerFactory = _log;
        options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(Lines, handler);
    }, TestContext.Current.CancellationToken);
}
