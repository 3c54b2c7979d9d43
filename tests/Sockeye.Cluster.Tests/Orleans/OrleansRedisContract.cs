using Sockeye.Clustering.Tests.Contract;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Each node on another silo. The table of the silos is in Redis.</summary>
public sealed class OrleansRedisContract(OrleansRedisContract.Silos shared)
    : ClusterEngineContract, IClassFixture<OrleansRedisContract.Silos>
{
    private IReadOnlyList<TestSilo> _silos = [];

    public override async ValueTask InitializeAsync() => _silos = await shared.GetAsync();

    protected override IClusterEngine CreateEngine(int index) => new OrleansClusterEngine(_silos[index % _silos.Count].Services);

    public sealed class Silos() : SharedSilos(3)
    {
        private RedisServer? _redis;

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            if (_redis is not null)
                await _redis.DisposeAsync();
        }

        private protected override async Task<TestSilo> StartOneAsync(TestSilo? first) =>
            await TestSilo.StartRedisAsync(_redis ??= await RedisServer.StartAsync(), "contract");
    }
}
