using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Messages to connections and to users keep their promises, whatever fails.</summary>
public sealed class AddressedSimulationTests
{
    [Fact]
    public void Each_message_arrives_once_or_its_sender_learns_why_not() =>
        SimulatedNetwork.Explore(Seeds.Of(0..100), AddressedSystem.RunAsync);

    [Fact]
    public void Node_that_says_that_it_has_queued_what_it_has_not_is_found() =>
        IsFound(FleetDefects.WithFalseAnswers, "was never received");

    [Fact]
    public void Node_that_does_not_say_which_users_are_new_is_found() =>
        IsFound(FleetDefects.WithoutNewUsers, "missed it in silence");

    [Fact]
    public void Restart_with_the_same_incarnation_is_found() =>
        IsFound(new() { KeepsIncarnation = true }, "it was for a ");

    private static void IsFound(FleetDefects defects, string asWhat) =>
        Seeds.Find(network => AddressedSystem.RunAsync(network, defects), asWhat);
}
