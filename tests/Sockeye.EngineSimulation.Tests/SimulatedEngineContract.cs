using System.Net;
using Sockeye.EngineSimulation.Tests.Engine;
using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Linux;
using Sockeye.Testing;
using Sockeye.Transport.Tests.Contract;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.EngineSimulation.Tests;

public sealed class SimulatedEpollContract() : TcpContract(new SimulatedEngineFixture(new() { Faults = KernelFaults.None }));

public sealed class SimulatedEpollFaultsContract() : TcpContract(new SimulatedEngineFixture(new()));

public sealed class SimulatedEpollInlineContract() : TcpContract(new SimulatedEngineFixture(new() { RunsInline = true }));

public sealed class SimulatedIoUringInlineContract() : TcpContract(
    new SimulatedEngineFixture(new() { Engine = LinuxEngine.IoUring, RunsInline = true }));

public sealed class SimulatedIoUringContract() : TcpContract(
    new SimulatedEngineFixture(new() { Engine = LinuxEngine.IoUring, Faults = KernelFaults.None }));

public sealed class SimulatedIoUringFaultsContract() : TcpContract(
    new SimulatedEngineFixture(new() { Engine = LinuxEngine.IoUring }));

/// <summary>Two hosts of a simulated network, served by simulated engines; the suite's tests run in its virtual time.</summary>
internal sealed class SimulatedEngineFixture(EngineParts parts) : TransportFixture
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
            network.Jitter = TimeSpan.FromMilliseconds(1);
            var engines = SimulatedLinuxEngine.Use(network, parts);
            var options = settings.ToOptions();
            var (near, far) = (network.AddHost("near", options), network.AddHost("far", options));
            return new TransportWorld
            {
                Listening = far,
                Connecting = near,
                NewEndPoint = () => new IPEndPoint(far.Address, 0),
                Time = network.TimeProvider,
                RentedBuffers = () => options.RentedBuffers + engines.Sum(engine => engine.RentedBlocks),
                AssertReleased = connection => Assert.Null(((EngineConnection)connection).GetTcpInfo()),
            }.RunAsync(test);
        });
        return Task.CompletedTask;
    }
}
