using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>Clusters on one NATS server.</summary>
public sealed class NatsClusterContract : ClusterContract
{
    private protected override async Task RunAsync(Func<ClusterWorld, Task> test)
    {
        await using var server = await NatsServer.StartAsync();
        // A server that is held for a while must not be taken for one that hangs.
        var options = new NatsClusterOptions { Url = server.Url, ServerTimeout = TimeSpan.FromMinutes(1) };
        await using var world = new RealTimeWorld(_ => new NatsClusterEngine(options), () => HeldServer.StartAsync(server));
        await test(world);
    }

    private sealed class HeldServer(NatsServer server) : IAsyncDisposable
    {
        public static async Task<IAsyncDisposable> StartAsync(NatsServer server)
        {
            await server.SuspendAsync();
            return new HeldServer(server);
        }

        public ValueTask DisposeAsync() => new(server.ResumeAsync());
    }
}
