using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>A service that restarts under load: each process gets the listeners and the connections of the one before from a
/// stand-in for systemd.</summary>
[Collection("descriptors")]
public sealed class RestartTests
{
    private const int Clients = 60;
    private const int StoreSize = 200;

    public static TheoryData<string> Transports => TakeoverWorld.Transports;

    [Theory, MemberData(nameof(Transports))]
    public async Task Restarts_under_load_lose_no_connection_and_no_byte(string engine)
    {
        await using var world = new TakeoverWorld();
        using var manager = new ServiceManager(world.Folder, StoreSize);
        var (service, ports) = await StartAsync(manager, engine);
        try
        {
            using var load = new EchoLoad(ports);
            await load.ConnectAsync(Clients);
            load.Visit();
            for (var i = 0; i < 3; i++)
            {
                var answers = load.Answers;
                await TestWait.UntilAsync(() => load.Answers > answers + Clients);
                Assert.True(await service.StopAsync() == 0, service.Output);
                Assert.True(manager.StoredNames.Count(name => name == SystemdConnectionStore.Name) > Clients, service.Output);
                manager.DropHungUp();
                service.Dispose();
                (service, var next) = await StartAsync(manager, engine);
                Assert.Equal(ports, next);
                Assert.All(manager.StoredNames, name => Assert.Equal("sockeye-listener", name));
            }

            await load.EndAsync();
            Assert.Equal((0, 0, 0), (load.FailedConnects, load.Lost, load.Wrong));
            Assert.Equal(0, await service.StopAsync());
            Assert.Empty(manager.Errors);
            TestContext.Current.SendDiagnosticMessage(
                $"{engine}: {load.Answers} answers, the slowest after {load.SlowestAnswer.TotalMilliseconds:0} ms, "
                    + $"{load.Connects} connects.");
        }
        finally
        {
            service.Dispose();
        }
    }

    [Fact]
    public async Task Plain_stop_ends_the_connections()
    {
        await using var world = new TakeoverWorld();
        using var manager = new ServiceManager(world.Folder, StoreSize);
        var (service, ports) = await StartAsync(manager, "epoll");
        using (service)
        {
            using var load = new EchoLoad(ports);
            await load.ConnectAsync(Clients);
            await TestWait.UntilAsync(() => load.Answers > Clients);
            Assert.Equal(0, await service.StopAsync());
            Assert.Equal(0, load.Lost);
            manager.Discard(); // As systemd does when it starts no other process.
            await TestWait.UntilAsync(() => load.Lost == Clients);
            Assert.Equal(0, load.Wrong);
            await load.EndAsync();
        }
    }

    /// <summary>The bytes that a process had read are lost with it, so that its connections cannot continue.</summary>
    [Fact]
    public async Task Crash_ends_the_connections_and_new_clients_wait_for_the_next_process()
    {
        await using var world = new TakeoverWorld();
        using var manager = new ServiceManager(world.Folder, StoreSize);
        var (service, ports) = await StartAsync(manager, "epoll");
        try
        {
            using var load = new EchoLoad(ports);
            await load.ConnectAsync(Clients);
            await TestWait.UntilAsync(() => load.Answers > Clients);
            await service.KillAsync();
            await TestWait.UntilAsync(() => load.Lost == Clients);
            await load.EndAsync();
            Assert.Equal(0, load.Wrong);

            using var later = new EchoLoad(ports);
            await later.ConnectAsync(2); // In the accept queue.
            service.Dispose();
            (service, _) = await StartAsync(manager, "epoll");
            await TestWait.UntilAsync(() => later.Answers > 2);
            await later.EndAsync();
            Assert.Equal((0, 0, 0), (later.FailedConnects, later.Lost, later.Wrong));
        }
        finally
        {
            service.Dispose();
        }
    }

    private static async Task<(ServerProcess Service, string Ports)> StartAsync(ServiceManager manager, string engine)
    {
        var service = await RestartService.StartAsync(manager, StoreSize, engine, "0,0");
        try
        {
            return (service, await service.GetPortsAsync());
        }
        catch
        {
            service.Dispose();
            throw;
        }
    }
}
