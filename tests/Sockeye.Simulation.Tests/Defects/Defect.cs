using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Defects;

/// <summary>A system with a mistake in it, next to the same system without.</summary>
internal static class Defect
{
    public const int Seeds = 200;

    private static readonly SimulationLimits Limits = new() { StragglerTimeout = TimeSpan.FromMilliseconds(1) };

    public static void IsFound(Func<SimulatedNetwork, Task> faulty, string asWhat)
    {
        var found = Assert.Throws<SimulationException>(() => SimulatedNetwork.Explore(0..Seeds, faulty, null, Limits));
        Assert.Contains(asWhat, found.Message, StringComparison.Ordinal);
    }

    public static void IsAbsent(Func<SimulatedNetwork, Task> sound) => SimulatedNetwork.Explore(0..Seeds, sound);
}
