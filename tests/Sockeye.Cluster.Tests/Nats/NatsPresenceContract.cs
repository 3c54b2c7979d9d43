using Sockeye.Clustering.Tests.Contract;
using Sockeye.Clustering.Tests.Support;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>Addressed messages and presence on one NATS server.</summary>
public sealed class NatsPresenceContract : PresenceContract
{
    private protected override async Task RunAsync(Func<ClusterWorld, Task> test)
    {
        await using var server = await NatsServer.StartAsync();
        await using var world = new RealTimeWorld(_ => new NatsClusterEngine(server.Url));
        await test(world);
    }
}
