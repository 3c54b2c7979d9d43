namespace Sockeye.Fleet.Scenarios;

/// <summary>The order of a round: each contestant is the first one in turn.</summary>
internal static class Rotation
{
    public static IEnumerable<T> Of<T>(IReadOnlyList<T> items, int round) =>
        Enumerable.Range(0, items.Count).Select(index => items[(index + round) % items.Count]);
}
