using Sockeye.Clustering.Tests.Contract;
using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

/// <summary>All nodes on one server.</summary>
public sealed class NatsEngineContract(NatsEngineContract.Server shared)
    : ClusterEngineContract, IClassFixture<NatsEngineContract.Server>
{
    private string _url = "";

    public override async ValueTask InitializeAsync() => _url = await shared.GetUrlAsync();

    protected override IClusterEngine CreateEngine(int index) => new NatsClusterEngine(_url);

    /// <summary>Starts with the first test, so that a program that is missing skips tests and breaks no fixture.</summary>
    public sealed class Server : IAsyncDisposable
    {
        private NatsServer? _server;

        public async Task<string> GetUrlAsync() => (_server ??= await NatsServer.StartAsync()).Url;

        public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;
    }
}
