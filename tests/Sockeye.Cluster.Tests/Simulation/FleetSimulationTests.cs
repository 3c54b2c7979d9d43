using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

public sealed class FleetSimulationTests
{
    [Fact]
    public void Fleet_repeats_and_reorders_nothing_and_loses_nothing_in_silence() =>
        SimulatedNetwork.Explore(Seeds.Of(0..200), FleetSystem.RunAsync);

    /// <summary>Runs that have failed: each showed a mistake that is mended.</summary>
    [Theory, InlineData(705), InlineData(729), InlineData(1071), InlineData(2153)]
    public void Run_that_failed_before_passes(int seed) => SimulatedNetwork.Run(seed, FleetSystem.RunAsync);

    [Fact]
    public void Equal_seeds_give_equal_runs()
    {
        Assert.Equal(Trace(7), Trace(7));
        Assert.NotEqual(Trace(7), Trace(8));
    }

    private static string Trace(int seed)
    {
        var trace = "";
        SimulatedNetwork.Run(seed, async network =>
        {
            await FleetSystem.RunAsync(network);
            trace = network.FormatTrace();
        });
        return trace;
    }
}
