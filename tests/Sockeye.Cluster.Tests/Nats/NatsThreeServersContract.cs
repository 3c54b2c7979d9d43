using Sockeye.Clustering.Tests.Contract;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>Each node on another server of a cluster of three.</summary>
public sealed class NatsThreeServersContract(NatsThreeServersContract.Servers shared)
    : ClusterEngineContract, IClassFixture<NatsThreeServersContract.Servers>
{
    private NatsServers? _servers;

    public override async ValueTask InitializeAsync() => _servers = await shared.GetAsync();

    protected override IClusterEngine CreateEngine(int index) => new NatsClusterEngine(_servers![index % 3].Url);

    /// <summary>Starts with the first test, so that a program that is missing skips tests and breaks no fixture.</summary>
    public sealed class Servers : IAsyncDisposable
    {
        private NatsServers? _servers;

        internal async Task<NatsServers> GetAsync() => _servers ??= await NatsServers.StartAsync();

        public ValueTask DisposeAsync() => _servers?.DisposeAsync() ?? default;
    }
}
