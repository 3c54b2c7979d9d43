using Sockeye.SampleTransport;
using Sockeye.Transport.Tests.Contract;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Memory;

/// <summary>A transport that sees nothing but the public contract keeps the same promises as Sockeye's own.</summary>
public sealed class MemoryContract() : QueueContract(new MemoryFixture());

public sealed class MemoryFixture : TransportFixture
{
    private int _endpoints;

    public override bool HasListenerTcpInfo => false;

    public override bool HasQueueLength => true;

    public override Task RunAsync(TransportSettings settings, Func<TransportWorld, Task> test)
    {
        var options = settings.ToOptions();
        var transport = new MemoryTransport(options.ToConnectionOptions());
        return new TransportWorld
        {
            Listening = transport,
            Connecting = transport,
            NewEndPoint = () => new MemoryEndPoint($"server-{Interlocked.Increment(ref _endpoints)}"),
            Time = TimeProvider.System,
            RentedBuffers = () => options.RentedBuffers,
            AssertReleased = _ => { },
        }.RunAsync(test);
    }
}
