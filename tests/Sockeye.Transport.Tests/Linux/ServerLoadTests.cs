using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>A server that stalls says so while its clients still succeed: with the kernel's queue, and with engine threads that
/// handlers block.</summary>
public sealed class ServerLoadTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    [InlineData(LinuxEngine.Sockets)]
    public async Task Queue_of_the_system_is_a_sign_at_its_half_before_any_client_fails(LinuxEngine engine)
    {
        await using var transport = NewTransport(engine);
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = transport;
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0))
                .UseConnectionLimit(1, LimitAction.LeaveInBacklog)
                .Run(EchoAsync);
        }, Cancelled);
        var clients = new List<ConnectionContext>();
        for (var waiting = 0; waiting <= 8; waiting++)
        {
            clients.Add(await ConnectAsync(server));
            await UntilAsync(() => server.GetLoad().Listeners[0].AcceptQueueDepth == waiting);
            var sign = server.GetLoad().Signs.SingleOrDefault(sign => sign.Kind is SaturationKind.AcceptQueue);
            Assert.Equal(waiting < 4 ? null : waiting / 8.0, sign?.Level);
        }

        Assert.Equal(8, server.GetLoad().Listeners[0].AcceptQueueLimit);
        // The kernel's queue may be full before the accept loop, which has just accepted the first client, reaches the limit.
        await UntilAsync(() => server.GetLoad().Listeners[0].HeldFor > TimeSpan.Zero);
        foreach (var client in clients)
        {
            await EchoesAsync(client, "x");
            await client.DisposeAsync();
        }

        await UntilAsync(() => server.GetLoad() is { Signs: [], Listeners: [{ AcceptQueueDepth: 0, HeldFor: null }] });
    }

    [Theory, ClassData<EachEngine>]
    public async Task Inline_handler_that_blocks_its_engine_is_named_until_it_goes_on(LinuxEngine engine)
    {
        using var gate = new ManualResetEventSlim();
        await using var transport = NewTransport(engine, inline: true);
        await using var server = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = transport;
            options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(connection => BlockOnAsync(connection, "b", gate));
        }, Cancelled);
        await using var blocking = await ConnectAsync(server);
        await using var other = await ConnectAsync(server);
        await EchoesAsync(blocking, "x");
        await EchoesAsync(other, "x");
        Assert.DoesNotContain(server.GetLoad().Signs, sign => sign.Kind is SaturationKind.HandlersBlocked);

        var echoed = EchoesAsync(blocking, "b");
        await UntilAsync(() => server.GetLoad().Signs.Any(sign => sign.Kind is SaturationKind.HandlersBlocked));

        var description = server.GetLoad().Signs.Single(sign => sign.Kind is SaturationKind.HandlersBlocked).Description;
        gate.Set();
        await echoed;

        var id = server.GetConnections().Single(each => each.RemoteEndPoint!.Equals(blocking.LocalEndPoint)).ConnectionId;
        Assert.StartsWith($"the handler of {id} ({blocking.LocalEndPoint}) has blocked its engine thread, Sockeye ", description);
        Assert.Contains(" s, and 1 other connection waits: ", description);
        await EchoesAsync(other, "y");
        await UntilAsync(() => server.GetLoad().Signs.All(sign => sign.Kind is not SaturationKind.HandlersBlocked));
    }

    [Theory, ClassData<EachEngine>]
    public async Task The_fullest_queue_of_sockets_that_share_a_port_is_reported(LinuxEngine engine)
    {
        await using var transport = NewTransport(engine, threads: 2, mode: LinuxAcceptMode.ReusePort);
        var listener = await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
        await using var ending = listener;
        var queue = (IAcceptQueueListener)listener;
        var clients = new List<ConnectionContext>();

        // The kernel spreads them by their ports: of 15 clients one queue holds 8 or more.
        for (var i = 0; i < 15 && queue.GetQueue()?.Depth < 8; i++)
            clients.Add(await SocketTransport.Shared.ConnectAsync(listener.EndPoint, Cancelled));

        await UntilAsync(() => queue.GetQueue() is { Depth: >= 8, Limit: 8 });
        foreach (var client in clients)
            client.Abort();
    }

    private static LinuxTransport NewTransport(
        LinuxEngine engine, bool inline = false, int threads = 1, LinuxAcceptMode mode = default)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reports its accept queue.");
        Assert.SkipUnless(
            engine is not LinuxEngine.IoUring || IoUringProbe.Result.IsSupported, IoUringProbe.Result.Reason);
        return new(new()
        {
            Engine = engine,
            ThreadCount = threads,
            AcceptMode = mode,
            Sockets = new() { Backlog = 8, UnsafePreferInlineScheduling = inline },
        });
    }

    private static Task<ConnectionContext> ConnectAsync(SockeyeServer server) =>
        SocketTransport.Shared.ConnectAsync(server.EndPoints[0], Cancelled).AsTask();

    private static Task EchoAsync(ConnectionContext connection) =>
        connection.Transport.Input.CopyToAsync(connection.Transport.Output);

    /// <summary>Echoes, and blocks before the echo of one word.</summary>
    private static async Task BlockOnAsync(ConnectionContext connection, string word, ManualResetEventSlim gate)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            var text = Encoding.ASCII.GetString(read.Buffer);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
            if (text == word)
                gate.Wait(WaitLimit, CancellationToken.None);
            await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text), CancellationToken.None)
                .ConfigureAwait(false);
        }
    }

    private static async Task EchoesAsync(ConnectionContext client, string text)
    {
        await client.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(text), Cancelled);
        var read = await client.Transport.Input.ReadAsync(Cancelled).AsTask()
            .WaitAsync(WaitLimit, TimeProvider.System, Cancelled);
        Assert.Equal(text, Encoding.ASCII.GetString(read.Buffer));
        client.Transport.Input.AdvanceTo(read.Buffer.End);
    }

    private static async Task UntilAsync(
        Func<bool> condition, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(startedAt) < WaitLimit,
                $"It did not happen in {WaitLimit.TotalSeconds} s: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancelled);
        }
    }
}
