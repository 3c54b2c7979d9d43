using System.Net;
using Sockeye.Testing;
using Sockeye.Transport.Tests.Contract;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Simulated;

public sealed class SimulatedContract() : TcpContract(new SimulatedFixture(0));

public sealed class SimulatedLossyContract() : TcpContract(new SimulatedFixture(0.02));

/// <summary>Two hosts of a simulated network; the suite's tests run in its virtual time.</summary>
public sealed class SimulatedFixture(double loss) : TransportFixture
{
    private const int Seed = 1;

    public override bool HasListenerTcpInfo => false;

    public override bool HasQueueLength => true;

    public override EndPoint ForeignEndPoint => new IPEndPoint(IPAddress.Parse("203.0.113.1"), 0);

    // Every segment is simulated in one thread: a tenth of what a kernel moves in the same time.
    public override long BulkLength => 2_000_000;

    public override Task ArriveAsync(TransportWorld world) => Task.Delay(TimeSpan.FromSeconds(1), world.Time);

    public override Task RunAsync(TransportSettings settings, Func<TransportWorld, Task> test)
    {
        SimulatedNetwork.Run(Seed, network =>
        {
            network.Loss = loss;
            network.Jitter = TimeSpan.FromMilliseconds(1);
            var options = settings.ToOptions();
            var (near, far) = (network.AddHost("near", options), network.AddHost("far", options));
            return new TransportWorld
            {
                Listening = far,
                Connecting = near,
                NewEndPoint = () => new IPEndPoint(far.Address, 0),
                Time = network.TimeProvider,
                RentedBuffers = () => options.RentedBuffers,
                AssertReleased = _ => { },
            }.RunAsync(test);
        });
        return Task.CompletedTask;
    }
}
