using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Linux;
using Sockeye.Simulation.Tests.Defects;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests;

/// <summary>Connections that go to another connection object while bytes and ends arrive, in many orders.</summary>
public sealed class MovingSystemTests
{
    [Theory]
    [InlineData(LinuxEngine.Epoll, false)]
    [InlineData(LinuxEngine.Epoll, true)]
    [InlineData(LinuxEngine.IoUring, false)]
    [InlineData(LinuxEngine.IoUring, true)]
    public void Echo_over_connections_that_move_loses_and_repeats_nothing(LinuxEngine engine, bool inline) =>
        SimulatedNetwork.Explore(
            Seeds.Of(100),
            network => EchoSystem.RunAsync(network, new() { Engine = engine, RunsInline = inline }, moves: true));

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void Connections_move_and_are_returned(LinuxEngine engine)
    {
        var (moved, returned) = (0, 0);
        for (var seed = 0; seed < 5; seed++)
        {
            SimulatedNetwork.Run(seed, async network =>
            {
                var counts = await EchoSystem.RunAsync(network, new() { Engine = engine }, moves: true);
                (moved, returned) = (moved + counts["moved"], returned + counts["returned"]);
            });
        }

        Assert.True(moved > 20 && returned > 10, $"{moved} moved, and {returned} were returned.");
    }

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void Engine_that_still_receives_after_the_move_is_found(LinuxEngine engine) =>
        IsFound("the echo", engine, Mistake.ReceivedAfterMove);

    [Fact]
    public void Cancelled_send_that_was_sent_is_found() =>
        IsFound("the echo", LinuxEngine.IoUring, Mistake.CancelledSendTakenForUnsent);

    private static void IsFound(string asWhat, LinuxEngine engine, Mistake mistake) => Defect.IsFound(
        network => EchoSystem.RunAsync(
            network, new() { Engine = engine, Faults = KernelFaults.Many with { Mistake = mistake } }, moves: true),
        asWhat);
}
