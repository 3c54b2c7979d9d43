using System.Globalization;

namespace Sockeye.EngineSimulation.Tests;

/// <summary>The seeds of simulations.</summary>
internal static class Seeds
{
    /// <summary>Returns the seeds of a test; SOCKEYE_ENGINE_SEEDS sets others, such as 0..10000 for a long search.</summary>
    public static Range Of(int count)
    {
        if (Environment.GetEnvironmentVariable("SOCKEYE_ENGINE_SEEDS") is not { } text)
            return 0..count;
        var ends = text.Split("..").Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToList();
        return ends is [var from, var to]
            ? from..to
            : throw new FormatException($"The seeds are \"{text}\", not such as 0..1000.");
    }
}
