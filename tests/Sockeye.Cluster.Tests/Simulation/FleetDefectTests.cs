namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Mistakes in a fleet are found.</summary>
public sealed class FleetDefectTests
{
    [Fact]
    public void Nodes_that_announce_no_heads_are_found() => IsFound(FleetDefects.WithoutHeads, "says so");

    [Fact]
    public void Answers_about_heads_that_say_nothing_are_found() => IsFound(FleetDefects.WithEmptyAnswers, "says so");

    [Fact]
    public void Message_that_is_sent_again_as_another_one_is_found() => IsFound(FleetDefects.WithWrongRepairs, " in ");

    [Fact]
    public void Restart_with_the_same_incarnation_is_found() => IsFound(new() { KeepsIncarnation = true }, "n");

    [Fact]
    public void Position_that_is_one_too_low_is_found() => IsFound(new() { PositionError = -1 }, " twice in ");

    [Fact]
    public void Position_that_is_one_too_high_is_found() => IsFound(new() { PositionError = 1 }, "says so");

    [Fact]
    public void Gap_that_is_not_reported_is_found() => IsFound(new() { HidesGaps = true }, "says so");

    private static void IsFound(FleetDefects defects, string asWhat) =>
        Seeds.Find(network => FleetSystem.RunAsync(network, defects), asWhat);
}
