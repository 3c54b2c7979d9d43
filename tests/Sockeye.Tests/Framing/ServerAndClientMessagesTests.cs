using System.Buffers.Binary;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed class ServerAndClientMessagesTests
{
    private const int Seed = 33;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 64);

    [Fact]
    public void Client_and_server_exchange_messages() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, EchoAsync);
        await using var client = await Connect(world);

        await client.WriteAsync("one");
        await client.WriteAsync("two");

        Assert.Equal(["one", "two"], await ReadAsync(client, 2));
    });

    [Fact]
    public void Directions_may_speak_different_messages() => Simulated.Run(Seed, async world =>
    {
        var numbers = Codec.FixedSize(4).WithMessages<int>(
            (value, output) =>
            {
                BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(4), value);
                output.Advance(4);
            },
            bytes => BinaryPrimitives.ReadInt32BigEndian(bytes.FirstSpan));
        await using var server = await world.StartWith(listen => listen.Run(Lines, numbers, async peer =>
        {
            await foreach (var line in peer.ReadAllAsync())
                await peer.WriteAsync(line.Length);
        }));
        await using var connection = await world.Connect();
        var client = connection.AsMessages(numbers, Lines);

        await client.WriteAsync("four");

        await foreach (var length in client.ReadAllAsync())
        {
            Assert.Equal(4, length);
            break;
        }
    });

    [Theory]
    [InlineData("this line is longer than the sixty-four bytes that the codec allows, so it is refused", "Peer Limit Input")]
    [InlineData("\uffff", "Peer ProtocolError Input")]
    public void Bad_frame_ends_its_connection_with_its_reason_and_no_other(string text, string reason) => Simulated.Run(
        Seed, async world =>
        {
            await using var server = await Start(world, EchoAsync);
            await using var good = await Connect(world);
            await using var bad = await world.Connect();
            byte[] bytes = text is "\uffff" ? [0xff, 0xff, (byte)'\n'] : System.Text.Encoding.ASCII.GetBytes(text + "\n");

            await bad.Transport.Output.WriteAsync(bytes);

            await bad.AssertResetAsync();
            Assert.Contains(reason, (await world.ConnectionEnded()).Message);
            await good.WriteAsync("still here");
            Assert.Equal(["still here"], await ReadAsync(good, 1));
        });

    [Fact]
    public void Peer_that_ends_within_a_message_is_a_protocol_error() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, EchoAsync);
        await using var client = await world.Connect();

        await client.SendAsync("half a li");
        await client.Transport.Output.CompleteAsync();

        await client.AssertResetAsync();
        Assert.Contains("Peer ProtocolError Input", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Stop_drains_message_handlers_at_once_and_the_reason_is_the_stop() => Simulated.Run(Seed, async world =>
    {
        await using var server = await Start(world, EchoAsync);
        await using var client = await Connect(world);
        await client.WriteAsync("x");
        await ReadAsync(client, 1);

        var stopping = server.StopAsync();
        Assert.Empty(await ReadAsync(client, int.MaxValue));
        await client.DisposeAsync();

        Assert.Equal(1, (await stopping).Drained);
        Assert.Contains("Local Stop Output", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Handler_that_throws_while_its_write_waits_for_the_peer_is_reset_without_delay() => Simulated.Run(
        Seed, async world =>
        {
            await using var server = await Start(world, peer =>
            {
                _ = FloodAsync(peer);
                return Task.FromException(new FormatException("enough"));
            });
            await using var client = await world.Connect();

            Assert.Contains("Local HandlerError Both", (await world.ConnectionEnded()).Message);

            static async Task FloodAsync(MessageConnection<string> peer)
            {
                while (peer.CloseReason is null)
                    await peer.WriteAsync(new string('x', 60));
            }
        });

    [Fact]
    public void Reconnecting_client_goes_on_after_its_server_was_lost() => Simulated.Run(Seed, async world =>
    {
        var client = world.NewClient(options =>
            options.Reconnect.MinDelay = options.Reconnect.MaxDelay = TimeSpan.FromMilliseconds(1));
        var connections = 0;
        await using var server = await Start(world, async peer =>
        {
            await peer.WriteAsync($"{Interlocked.Increment(ref connections)}");
            await foreach (var _ in peer.ReadAllAsync())
                peer.Connection.Abort();
        });

        List<string> heard = [];
        await foreach (var feed in client.ReconnectAsync("server", 7000, Lines))
        {
            await foreach (var line in feed.ReadAllAsync())
            {
                heard.Add(line);
                await feed.WriteAsync("reset me");
            }

            Assert.Equal(CloseCause.Reset, feed.CloseReason?.Cause);
            if (heard.Count == 3)
                break;
        }

        Assert.Equal(["1", "2", "3"], heard);
    });

    private static async Task<MessageConnection<string>> Connect(Simulated world) =>
        await world.NewClient().ConnectAsync("server", 7000, Lines);

    private static async Task EchoAsync(MessageConnection<string> peer)
    {
        await foreach (var line in peer.ReadAllAsync())
            await peer.WriteAsync(line);
    }

    private static async Task<List<string>> ReadAsync(MessageConnection<string> connection, int count)
    {
        List<string> lines = [];
        await foreach (var line in connection.ReadAllAsync())
        {
            lines.Add(line);
            if (lines.Count == count)
                break;
        }

        return lines;
    }

    private static Task<SockeyeServer> Start(Simulated world, Func<MessageConnection<string>, Task> handler) =>
        world.StartWith(listen => listen.Run(Lines, handler));
}
