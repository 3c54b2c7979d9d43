using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests;

public sealed class OrderSimulationTests
{
    [Fact]
    public void Every_order_is_answered_or_its_connection_ended_for_a_reason() =>
        SimulatedNetwork.Explore(Seeds.Of(0..500), OrderSystem.RunAsync);
}
