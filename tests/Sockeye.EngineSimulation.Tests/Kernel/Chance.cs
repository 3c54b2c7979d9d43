using System.Runtime.CompilerServices;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>Decisions of the seed.</summary>
internal sealed class Chance(Random random)
{
    /// <summary>The number of times that each fault has happened, by its name.</summary>
    public Dictionary<string, int> Counts { get; } = [];

    /// <summary>Whether a fault happens now.</summary>
    public bool Is(double probability, [CallerArgumentExpression(nameof(probability))] string fault = "")
    {
        if (probability == 0 || random.NextDouble() >= probability)
            return false;
        var name = fault[(fault.LastIndexOf('.') + 1)..];
        Counts[name] = Counts.GetValueOrDefault(name) + 1;
        return true;
    }

    /// <summary>A number from the first to below the second.</summary>
    public int Between(int from, int to) => random.Next(from, to);

    public double Fraction() => random.NextDouble();

    public T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];

    public List<T> Shuffle<T>(List<T> items)
    {
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(items));
        return items;
    }
}
