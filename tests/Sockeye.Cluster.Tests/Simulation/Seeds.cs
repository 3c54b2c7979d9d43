using System.Globalization;
using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>The seeds of simulations.</summary>
internal static class Seeds
{
    private const int ToFind = 200;

    /// <summary>Returns the seeds of a test; SOCKEYE_FLEET_SEEDS sets others, such as 0..10000 for a long search.</summary>
    public static Range Of(Range usual)
    {
        if (Environment.GetEnvironmentVariable("SOCKEYE_FLEET_SEEDS") is not { } text)
            return usual;
        var ends = text.Split("..").Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToList();
        return ends is [var from, var to]
            ? from..to
            : throw new FormatException($"The seeds are \"{text}\", not such as 0..1000.");
    }

    /// <summary>Fails unless a run finds a mistake, and says so in certain words.</summary>
    public static void Find(Func<SimulatedNetwork, Task> run, string asWhat)
    {
        for (var from = 0; from < ToFind; from += 10)
        {
            try
            {
                SimulatedNetwork.Explore(from..(from + 10), run);
            }
            catch (SimulationException found)
            {
                var what = found.Message.Split(Environment.NewLine)[1];
                Assert.True(what.Contains(asWhat, StringComparison.Ordinal), $"Another mistake was found: {what}");
                return;
            }
        }

        Assert.Fail($"No run of {ToFind} has found the mistake.");
    }
}
