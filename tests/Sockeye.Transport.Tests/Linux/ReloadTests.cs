using System.Net;
using Sockeye.Linux;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>A reload on real sockets does not disturb clients of an endpoint that stays.</summary>
public sealed class ReloadTests
{
    private const int Reloads = 20;

    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);

    public static TheoryData<LinuxEngine, LinuxAcceptMode> Engines
    {
        get
        {
            var data = new TheoryData<LinuxEngine, LinuxAcceptMode> { { LinuxEngine.Sockets, LinuxAcceptMode.LeastLoaded } };
            foreach (var engine in EachEngine.All)
            {
                data.Add(engine, LinuxAcceptMode.LeastLoaded);
                data.Add(engine, LinuxAcceptMode.ReusePort);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Engines))]
    public async Task Clients_that_connect_during_reloads_are_all_served(LinuxEngine engine, LinuxAcceptMode mode)
    {
        var cancelled = TestContext.Current.CancellationToken;
        await using var transport = new LinuxTransport(new() { Engine = engine, ThreadCount = 2, AcceptMode = mode });
        await using var server = await SockeyeServer.StartAsync(
            options =>
            {
                options.Transport = transport;
                options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(EchoAsync);
            },
            cancelled);
        var (served, ended) = (0, false);
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref ended))
                {
                    await using var client = await SocketTransport.Shared.ConnectAsync(server.EndPoints[0], cancelled);
                    await client.Transport.Output.WriteAsync(new byte[] { 7 }, cancelled);
                    var read = await client.Transport.Input.ReadAtLeastAsync(1, cancelled);
                    Assert.Equal(7, read.Buffer.FirstSpan[0]);
                    Interlocked.Increment(ref served);
                }
            },
            cancelled)).ToList();

        for (var i = 0; i < Reloads; i++)
        {
            var enough = Volatile.Read(ref served) + 20;
            while (Volatile.Read(ref served) < enough && !clients.Exists(client => client.IsFaulted))
                await Task.Yield();
            // Every other time there is a second endpoint, so that one is bound or unbound beside.
            var isEven = i % 2 == 0;
            var result = await server.ReloadAsync(
                options =>
                {
                    options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).UseConnectionLimit(1000).Run(EchoAsync);
                    if (isEven)
                        options.ListenLocalhost(0).Run(EchoAsync);
                },
                cancelled);
            Assert.Single(result.Kept);
        }

        Volatile.Write(ref ended, true);
        await Task.WhenAll(clients).WaitAsync(WaitLimit, cancelled);
    }

    [Theory, MemberData(nameof(Engines))]
    public async Task Port_that_a_reload_has_freed_is_bound_again_while_its_connections_end(
        LinuxEngine engine, LinuxAcceptMode mode)
    {
        var cancelled = TestContext.Current.CancellationToken;
        await using var transport = new LinuxTransport(new() { Engine = engine, ThreadCount = 2, AcceptMode = mode });
        await using var server = await SockeyeServer.StartAsync(
            options =>
            {
                options.Transport = transport;
                options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(EchoAsync);
                options.ListenLocalhost(0).Run(EchoAsync);
            },
            cancelled);
        var endpoint = server.EndPoints[0];
        await using var open = await SocketTransport.Shared.ConnectAsync(endpoint, cancelled);
        await EchoesAsync();

        await server.ReloadAsync(options => options.ListenLocalhost(0).Run(EchoAsync), cancelled);
        var result = await server.ReloadAsync(
            options =>
            {
                options.ListenLocalhost(0).Run(EchoAsync);
                options.Listen(endpoint).Run(EchoAsync);
            },
            cancelled);

        Assert.Equal([endpoint], result.Added);
        await EchoesAsync(); // The old connection has time to end.
        await using var client = await SocketTransport.Shared.ConnectAsync(endpoint, cancelled);
        await client.Transport.Output.WriteAsync(new byte[] { 7 }, cancelled);
        Assert.Equal(1, (await client.Transport.Input.ReadAsync(cancelled)).Buffer.Length);

        async Task EchoesAsync()
        {
            await open.Transport.Output.WriteAsync(new byte[] { 7 }, cancelled);
            var read = await open.Transport.Input.ReadAsync(cancelled);
            open.Transport.Input.AdvanceTo(read.Buffer.End);
        }
    }

    private static Task EchoAsync(Microsoft.AspNetCore.Connections.ConnectionContext connection) =>
        connection.Transport.Input.CopyToAsync(connection.Transport.Output);
}
