using System.Net.Sockets;
using System.Text;

namespace Sockeye.Transport.Tests.Moving;

/// <summary>Connections of handlers of messages that move between two servers.</summary>
public sealed class MessageMovingTests
{
    public static TheoryData<string> Pairs => MovingServers.Pairs;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Pairs))]
    public async Task Half_received_message_and_a_typed_state_move(string pair)
    {
        await using var servers = await MovingServers.StartAsync(pair, static (listen, _) => listen.UseMoving().Run(
            Codec.Lines(1024), static async messages =>
            {
                var count = messages.TryGetContinuedState(Codec.Lines(1024), out var state) ? int.Parse(state, null) : 0;
                messages.SaveStateBy(Codec.Lines(1024), () => $"{count}");
                await foreach (var line in messages.ReadAllAsync(CancellationToken.None))
                    await messages.WriteAsync($"{++count}: {line}", CancellationToken.None);
                if (!messages.HasMoved)
                    await messages.WriteAsync("bye", CancellationToken.None);
            }));
        using var client = new LineClient(await servers.ConnectAsync());
        await client.SendAsync("first\nsec");
        Assert.Equal("1: first", await client.ReadLineAsync());
        for (var i = 0; i < 3; i++)
            Assert.Equal((1, 0), Counts(await servers.MoveAsync(i % 2)));
        await client.SendAsync("ond\n");
        Assert.Equal("2: second", await client.ReadLineAsync());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("bye", await client.ReadLineAsync());
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Busy_dialogue_moves_twenty_times(string pair)
    {
        await using var servers = await MovingServers.StartAsync(pair, static (listen, _) => listen.UseMoving().Run(
            Codec.Lines(1024), static line => $"re: {line}"));
        using var client = new LineClient(await servers.ConnectAsync());
        const int Count = 4000;
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; i < Count; i++)
                    await client.SendAsync($"{i}\n");
            }, Token);
        Assert.Equal("re: 0", await client.ReadLineAsync());
        var reading = Task.Run(
            async () =>
            {
                for (var i = 1; i < Count; i++)
                    Assert.Equal($"re: {i}", await client.ReadLineAsync());
            }, Token);
        for (var i = 0; i < 20; i++)
            Assert.Equal((1, 0), Counts(await servers.MoveAsync(i % 2)));
        await writing;
        await reading;
    }

    [Theory]
    [InlineData("epoll to epoll")]
    [InlineData("epoll to io_uring")]
    [InlineData("io_uring to epoll")]
    [InlineData("io_uring to io_uring")]
    [InlineData("sockets to sockets")]
    [InlineData("sockets to epoll")]
    [InlineData("epoll to sockets")]
    public async Task Members_of_a_group_miss_no_broadcast_and_get_none_twice(string pair)
    {
        const int Members = 5;
        var group = new MessageGroup<string>(new() { MaxQueuedMessages = 64, SlowMember = SlowMemberPolicy.Wait });
        await using var servers = await MovingServers.StartAsync(pair, (listen, _) => listen.UseMoving().Run(
            Codec.Lines(1024), async messages =>
            {
                group.Join(messages);
                await foreach (var line in messages.ReadAllAsync(CancellationToken.None))
                    await messages.WriteAsync(line, CancellationToken.None);
            }));
        var clients = new List<LineClient>();
        for (var i = 0; i < Members; i++)
        {
            clients.Add(new(await servers.ConnectAsync()));
            await clients[i].SendAsync("in\n");
            Assert.Equal("in", await clients[i].ReadLineAsync());
        }

        using var over = new CancellationTokenSource();
        var broadcasting = Task.Run(
            async () =>
            {
                var sent = 0;
                while (!over.IsCancellationRequested)
                    await group.BroadcastAsync($"{sent++}", Token);
                await group.BroadcastAsync("end", Token);
                return sent;
            }, Token);
        var reading = clients.Select(async client =>
        {
            var next = 0;
            for (string line; (line = await client.ReadLineAsync()) != "end"; next++)
                Assert.Equal($"{next}", line);
            return next;
        }).ToList();
        for (var i = 0; i < 10; i++)
            Assert.Equal((Members, 0), Counts(await servers.MoveAsync(i % 2)));
        await over.CancelAsync();
        var sent = await broadcasting;
        Assert.All(await Task.WhenAll(reading), received => Assert.Equal(sent, received));
        Assert.Equal(Members, group.Count);
        clients.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task State_that_is_too_large_or_throws_keeps_the_connection_here()
    {
        var isTooLarge = true;
        await using var servers = await MovingServers.StartAsync("epoll to epoll", (listen, _) => listen.UseMoving(3).Run(
            Codec.Lines(1024), async messages =>
            {
                messages.SaveStateBy(() => isTooLarge ? new byte[4] : throw new InvalidOperationException("not now"));
                await foreach (var line in messages.ReadAllAsync(CancellationToken.None))
                    await messages.WriteAsync(line, CancellationToken.None);
            }));
        using var client = new LineClient(await servers.ConnectAsync());
        await client.SendAsync("one\n");
        Assert.Equal("one", await client.ReadLineAsync());
        var refusal = Assert.Single((await servers.MoveAsync()).Refusals);
        Assert.Equal((MoveRefusalKind.TooLarge, true), (refusal.Kind, refusal.Description.Contains("maxStateSize")));
        isTooLarge = false;
        Assert.Contains("not now", Assert.Single((await servers.MoveAsync()).Refusals).Description);
        await client.SendAsync("two\n");
        Assert.Equal("two", await client.ReadLineAsync());
    }

    private static (int Moved, int Refused) Counts((int Moved, IReadOnlyList<MoveRefusal> Refusals) result) =>
        (result.Moved, result.Refusals.Count);

    private sealed class LineClient(Socket socket) : IDisposable
    {
        private readonly StreamReader _reader = new(new NetworkStream(socket), Encoding.UTF8);

        public Socket Socket => socket;

        public async Task SendAsync(string text)
        {
            for (var rest = Encoding.UTF8.GetBytes(text).AsMemory(); !rest.IsEmpty;)
                rest = rest[await socket.SendAsync(rest, Token)..];
        }

        public async Task<string> ReadLineAsync() =>
            await _reader.ReadLineAsync(Token) ?? throw new EndOfStreamException("The connection ended.");

        public void Dispose()
        {
            _reader.Dispose();
            socket.Dispose();
        }
    }
}
