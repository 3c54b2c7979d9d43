using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Systems;

internal static class Clients
{
    /// <summary>A client whose connections, time and randomness are the simulation's.</summary>
    public static SockeyeClient ClientOn(this SimulatedNetwork network, SimulatedHost host) => new(options =>
    {
        options.Transport = host;
        options.TimeProvider = network.TimeProvider;
        options.Random = network.Random;
    });
}
