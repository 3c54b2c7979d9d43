using Sockeye.Fleet.Processes;

namespace Sockeye.Fleet.Tests;

/// <summary>Whole small fleets: nodes, brokers and clients as processes.</summary>
public sealed class WholeFleetTests
{
    private const string Small = "--rounds 1 --duration 1 --nodes 2 --members 20 --in-flight 4 --rate 200 --held 100";

    private const string Endless =
        "--scenario addressed --server sockeye,signalr --rounds 1000 --duration 0.5 --nodes 2 --rate 100";

    [Theory]
    [InlineData("--scenario broadcast,addressed --server sockeye,signalr", "SignalR, Redis")]
    [InlineData("--scenario routing,death,held", "delivered a broadcast")]
    public async Task Small_fleet_is_measured_without_a_fault(string arguments, string shown)
    {
        SkipIfMissing();
        await using var run = FleetProcess.Start($"{arguments} {Small}");

        var exitCode = await run.WaitForExitAsync();

        Assert.True(exitCode == 0, $"It ended with {exitCode}: {run.Errors}");
        Assert.Contains(shown, run.Output, StringComparison.Ordinal);
        await run.UntilNoneIsLeftAsync();
    }

    [Fact]
    public async Task Run_that_is_interrupted_says_so_and_leaves_no_process_behind()
    {
        SkipIfMissing();
        await using var run = FleetProcess.Start(Endless);
        await run.UntilLineAsync("round 1,");
        Assert.True(run.CountProcesses() > 6, $"{run.CountProcesses()} processes: the run, nodes, clients and brokers.");

        // As Ctrl+C in a terminal: to each process of the group.
        await run.SignalGroupAsync("INT");

        Assert.Equal(1, await run.WaitForExitAsync());
        Assert.Contains("Stopped.", run.Errors, StringComparison.Ordinal);
        await run.UntilNoneIsLeftAsync();
    }

    [Fact]
    public async Task Run_that_is_killed_leaves_no_process_behind()
    {
        SkipIfMissing();
        await using var run = FleetProcess.Start(Endless);
        await run.UntilLineAsync("round 1,");

        run.Kill();

        await run.UntilNoneIsLeftAsync();
    }

    private static void SkipIfMissing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The measurements need Linux: they read /proc.");
        foreach (var program in (string[])["nats-server", "redis-server"])
            Assert.SkipWhen(Broker.Find(program) is null, $"{program} is not installed here (apt-get install {program}).");
    }
}
