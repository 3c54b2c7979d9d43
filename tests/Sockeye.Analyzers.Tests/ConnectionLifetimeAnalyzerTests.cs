using Sockeye.Analyzers.Tests.Support;

namespace Sockeye.Analyzers.Tests;

public sealed class ConnectionLifetimeAnalyzerTests
{
    [Theory]
    [InlineData("_ = [|Task.Run(() => connection.Transport.Output.WriteAsync(new byte[1]))|];")]
    [InlineData("[|Task.Run(async () => await SendAsync(connection))|];")]
    [InlineData("var pump = [|Task.Run(() => connection.Transport.Input.CopyToAsync(Stream.Null))|];")]
    [InlineData("_ = [|Task.Factory.StartNew(Work)|]; void Work() => connection.Transport.Output.Complete();")]
    [InlineData("[|ThreadPool.QueueUserWorkItem(_ => connection.Transport.Output.Complete())|];")]
    [InlineData("_ = [|BeatAsync()|]; async Task BeatAsync() { while (true) await SendAsync(connection); }")]
    [InlineData("_ = [|RepeatAsync(connection)|];")]
    public Task Work_that_is_not_awaited_is_reported(string statements) => AssertAsync(statements);

    [Theory]
    [InlineData("await Task.Run(() => connection.Transport.Output.WriteAsync(new byte[1]).AsTask());")]
    [InlineData("var pump = Task.Run(() => SendAsync(connection)); await pump;")]
    [InlineData("var pump = Task.Run(() => SendAsync(connection)); await Task.WhenAll(pump, Task.CompletedTask);")]
    [InlineData("_ = Task.Run(() => Console.WriteLine(connection.ConnectionId));")]
    [InlineData("_ = Task.Run(() => Console.WriteLine(connection.RemoteEndPoint));")]
    [InlineData("_ = Task.Run(() => RepeatAsync(connection), connection.ConnectionClosed);")]
    [InlineData("""
        var closed = connection.ConnectionClosed;
        _ = Task.Run(async () => { while (!closed.IsCancellationRequested) await SendAsync(connection); });
        """)]
    [InlineData("_ = BeatAsync(); async Task BeatAsync() { while (true) { await SendAsync(connection); break; } }")]
    [InlineData("""
        var queue = System.Threading.Channels.Channel.CreateUnbounded<byte>();
        _ = PumpAsync();
        async Task PumpAsync()
        {
            while (await queue.Reader.WaitToReadAsync())
                await SendAsync(connection);
        }
        """)]
    [InlineData("_ = SendAsync(connection);")]
    [InlineData("_ = connection.Transport.Output.WriteAsync(new byte[1]).AsTask();")]
    [InlineData("_ = Task.Run(() => Console.WriteLine(1));")]
    [InlineData("_ = Task.Delay(5).ContinueWith(_ => connection.Abort());")]
    public Task Work_that_is_awaited_or_ends_with_the_connection_passes(string statements) => AssertAsync(statements);

    [Fact]
    public Task Messages_and_methods_of_the_file_are_followed() => Analysis.AssertReportsAsync(RuleIds.UseAfterHandler, """
        using Sockeye;

        await SockeyeServer.RunAsync(server =>
        {
            server.ListenAnyIP(1).Run(Codec.Lines(9), async peer => _ = [|Task.Run(() => peer.WriteAsync("late"))|]);
            server.ListenAnyIP(2).Run(Codec.Lines(9), Handlers.ServeAsync);
        });

        static class Handlers
        {
            public static async Task ServeAsync(MessageConnection<string> peer)
            {
                _ = [|TickAsync(peer)|];
                await foreach (var line in peer.ReadAllAsync())
                    await peer.WriteAsync(line);
            }

            private static async Task TickAsync(MessageConnection<string> peer)
            {
                while (true)
                {
                    await Task.Delay(1000);
                    await peer.WriteAsync("tick");
                }
            }
        }
        """);

    [Fact]
    public Task Client_may_start_work_with_its_own_connection() => Analysis.AssertReportsAsync(RuleIds.UseAfterHandler, """
        using Sockeye;

        var connection = await new SockeyeClient().ConnectAsync("a", 1);
        _ = Task.Run(() => connection.Transport.Output.WriteAsync(new byte[1]));
        """);

    [Fact]
    public Task Field_of_a_handler_class_that_keeps_its_connection_is_reported() => Analysis.AssertReportsAsync(
        RuleIds.UseAfterHandler,
        """
        using System.Collections.Concurrent;
        using Microsoft.AspNetCore.Connections;

        class Keeping : ConnectionHandler
        {
            private readonly ConcurrentDictionary<string, ConnectionContext> _byId = new();
            private readonly List<ConnectionContext> _all = [];
            private ConnectionContext? _last;

            public override async Task OnConnectedAsync(ConnectionContext connection)
            {
                [|_last = connection|];
                [|_byId[connection.ConnectionId] = connection|];
                lock (_all)
                    [|_all.Add(connection)|];
                await Task.Delay(1);
            }

            public int Count => _all.Count + _byId.Count + (_last is null ? 0 : 1);
        }

        class Registering : ConnectionHandler
        {
            private readonly ConcurrentDictionary<string, ConnectionContext> _byId = new();
            private readonly List<ConnectionContext> _all = [];
            private ConnectionContext? _last;

            public override async Task OnConnectedAsync(ConnectionContext connection)
            {
                _last = connection;
                _byId[connection.ConnectionId] = connection;
                _all.Add(connection);
                try
                {
                    await Task.Delay(1);
                }
                finally
                {
                    _last = null;
                    _byId.TryRemove(connection.ConnectionId, out _);
                    _all.Remove(connection);
                }
            }
        }

        static class Registration
        {
            public static void Listen(Sockeye.SockeyeServerOptions options) => options.ListenAnyIP(1).Run<Keeping>();
        }

        class Noticing : ConnectionHandler
        {
            private readonly List<ConnectionContext> _all = [];

            public override Task OnConnectedAsync(ConnectionContext connection)
            {
                _all.Add(connection);
                connection.ConnectionClosed.Register(Forget);
                return Task.CompletedTask;
            }

            private void Forget() => Console.WriteLine("closed");
        }
        """);

    private static Task AssertAsync(string statements) => Analysis.AssertReportsAsync(RuleIds.UseAfterHandler, $$"""
        using Microsoft.AspNetCore.Connections;
        using Sockeye;

        await SockeyeServer.RunAsync(server => server.ListenAnyIP(1).Run(async connection =>
        {
            {{statements}}
        }));

        static async Task SendAsync(ConnectionContext connection) => await connection.Transport.Output.WriteAsync(new byte[1]);

        static async Task RepeatAsync(ConnectionContext connection)
        {
            for (;;)
                await connection.Transport.Output.WriteAsync(new byte[1]);
        }
        """);
}
