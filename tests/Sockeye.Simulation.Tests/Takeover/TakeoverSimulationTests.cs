using System.Collections.Concurrent;
using Sockeye.Simulation.Tests.Defects;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Takeover;

public sealed class TakeoverSimulationTests
{
    private const int SeedsOfAllSteps = 1000;

    [Fact]
    public void Each_listener_and_connection_is_served_by_exactly_one_whatever_step_fails()
    {
        var seeds = Seeds.Of(0..SeedsOfAllSteps);
        var crashes = new ConcurrentDictionary<TakeoverStep, int>();
        SimulatedNetwork.Explore(seeds, network => TakeoverSystem.RunAsync(
            network, TakeoverDefect.None, step => crashes.AddOrUpdate(step, 1, static (_, count) => count + 1)));

        // At CompleteSent, the successor has promised to serve alone.
        if (seeds.End.Value - seeds.Start.Value >= SeedsOfAllSteps)
        {
            Assert.Equal(
                Enum.GetValues<TakeoverStep>().Where(step => step is not TakeoverStep.CompleteSent), crashes.Keys.Order());
        }
    }

    [Theory]
    [InlineData(nameof(TakeoverMistake.ServesOffers), "served by both")]
    [InlineData(nameof(TakeoverMistake.ForgetsReturned), "served by none")]
    [InlineData(nameof(TakeoverMistake.GivesUpInSilence), "both serve at the end")]
    [InlineData(nameof(TakeoverMistake.StaysClosed), "served by none")]
    [InlineData(nameof(TakeoverMistake.NeverWithdraws), "those who accept are")]
    [InlineData(nameof(TakeoverMistake.KeepsDescriptors), "served by none")]
    [InlineData(nameof(TakeoverMistake.ForgetsState), "got the answer")]
    [InlineData(nameof(TakeoverMistake.ForgetsCommitted), "served by none")]
    [InlineData(nameof(TakeoverMistake.IgnoresRefusals), "is closed, although both live")]
    [InlineData(nameof(TakeoverMistake.TakesBackCommitted), "served by both")]
    public void A_mistake_of_one_end_is_found(string mistake, string asWhat) => Defect.IsFound(
        network => TakeoverSystem.RunAsync(network, new(Enum.Parse<TakeoverMistake>(mistake))), asWhat);
}
