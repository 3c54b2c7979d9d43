using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Presence is right again after each fault, within the stated time, and nothing of a node that has ended returns.
/// </summary>
public sealed class PresenceSimulationTests
{
    [Fact]
    public void Watches_see_each_join_and_leave_once_and_are_right_two_beats_after_the_last_fault() =>
        SimulatedNetwork.Explore(Seeds.Of(0..100), PresenceSystem.RunAsync);

    [Fact]
    public void Leaves_that_are_kept_secret_are_found() => IsFound(FleetDefects.WithoutLeaves, "which are not there");

    [Fact]
    public void Node_that_asks_for_members_only_once_is_found() => IsFound(FleetDefects.WithoutRepeatedRequests, " sees ");

    [Fact]
    public void Restart_with_the_same_incarnation_is_found() => IsFound(new() { KeepsIncarnation = true }, " sees ");

    private static void IsFound(FleetDefects defects, string asWhat) =>
        Seeds.Find(network => PresenceSystem.RunAsync(network, defects), asWhat);
}
