using Sockeye.EngineSimulation.Tests.Engine;
using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Linux;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests;

public sealed class EchoSystemTests
{
    [Theory]
    [InlineData(LinuxEngine.Epoll, false)]
    [InlineData(LinuxEngine.Epoll, true)]
    [InlineData(LinuxEngine.IoUring, false)]
    [InlineData(LinuxEngine.IoUring, true)]
    public void Engine_echoes_everything_and_has_nothing_left(LinuxEngine engine, bool inline) => SimulatedNetwork.Explore(
        Seeds.Of(100), network => EchoSystem.RunAsync(network, new() { Engine = engine, RunsInline = inline }));

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void Engine_of_older_kernels_echoes_everything_without_rare_events(LinuxEngine engine) =>
        SimulatedNetwork.Explore(Seeds.Of(100), network => EchoSystem.RunAsync(network, new()
        {
            Engine = engine, Faults = KernelFaults.None, Rings = new EngineParts().Rings with { HasReceiveLimit = false },
        }));

    [Theory]
    [InlineData(LinuxEngine.Epoll, nameof(KernelFaults.LateCompletion))]
    [InlineData(LinuxEngine.IoUring, nameof(KernelFaults.SpuriousEvent), nameof(KernelFaults.FewEvents))]
    public void Every_rare_event_happens(LinuxEngine engine, params string[] exceptions)
    {
        var counts = new Dictionary<string, int>();
        for (var seed = 0; seed < 5; seed++)
        {
            SimulatedNetwork.Run(seed, async network =>
            {
                foreach (var (fault, count) in await EchoSystem.RunAsync(network, new() { Engine = engine }))
                    counts[fault] = counts.GetValueOrDefault(fault) + count;
            });
        }

        var faults = typeof(KernelFaults).GetProperties().Where(property => property.PropertyType == typeof(double));
        Assert.All(
            faults.Select(property => property.Name).Except(exceptions),
            fault => Assert.True(counts.GetValueOrDefault(fault) > 0, $"{fault} never happened."));
    }

    [Fact]
    public void A_seed_gives_the_same_run()
    {
        var first = RunOnce();
        Assert.Equal(first, RunOnce());

        static (long, TimeSpan, string) RunOnce()
        {
            var result = (0L, TimeSpan.Zero, "");
            SimulatedNetwork.Run(7, async network =>
            {
                await EchoSystem.RunAsync(network, new() { Engine = LinuxEngine.IoUring });
                result = (network.Loop.Steps, network.Elapsed, network.FormatTrace());
            });
            return result;
        }
    }
}
