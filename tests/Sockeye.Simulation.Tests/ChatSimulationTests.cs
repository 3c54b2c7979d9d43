using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests;

public sealed class ChatSimulationTests
{
    [Fact]
    public void A_chat_loses_repeats_and_reorders_nothing_for_days() =>
        SimulatedNetwork.Explore(Seeds.Of(0..500), ChatSystem.RunAsync);
}
