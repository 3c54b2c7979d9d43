using System.Globalization;

namespace Sockeye.Simulation.Tests.Systems;

internal static class Seeds
{
    /// <summary>Returns the seeds of a test; SOCKEYE_SIMULATION_SEEDS sets others, such as 0..1000 for a long search.</summary>
    public static Range Of(Range usual)
    {
        if (Environment.GetEnvironmentVariable("SOCKEYE_SIMULATION_SEEDS") is not { } text)
            return usual;
        var ends = text.Split("..").Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToList();
        return ends is [var from, var to]
            ? from..to
            : throw new FormatException($"The seeds are \"{text}\", not such as 0..1000.");
    }
}
