using Sockeye.EngineSimulation.Tests.Engine;
using Sockeye.Linux;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests;

/// <summary>The systems of the simulation tests, whose hosts are served by engines of the Linux transport.</summary>
public sealed class EngineSystemTests
{
    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void A_chat_loses_repeats_and_reorders_nothing_for_days(LinuxEngine engine) => Explore(ChatSystem.RunAsync, engine);

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void Every_order_is_answered_or_its_connection_ended_for_a_reason(LinuxEngine engine) =>
        Explore(OrderSystem.RunAsync, engine);

    private static void Explore(Func<SimulatedNetwork, Task> run, LinuxEngine engine) =>
        SimulatedNetwork.Explore(Seeds.Of(20), network =>
        {
            SimulatedLinuxEngine.Use(network, new() { Engine = engine });
            return run(network);
        });
}
