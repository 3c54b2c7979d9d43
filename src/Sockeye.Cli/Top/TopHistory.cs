namespace Sockeye.Cli;

/// <summary>The values of a connection at the last snapshots, oldest first.</summary>
internal sealed class TopHistory
{
    public const int Capacity = 120;

    private static readonly char[] Bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

    private readonly Queue<TopSample> _samples = new();

    public IReadOnlyCollection<TopSample> Samples => _samples;

    public void Add(TopRow row)
    {
        if (_samples.Count == Capacity)
            _samples.Dequeue();
        _samples.Enqueue(new(
            row.ReceivedPerSecond, row.SentPerSecond, row.RoundTrip?.TotalSeconds, row.Retransmits, row.SendQueue));
    }

    /// <summary>Returns a line of bars for the last values, from 0 to the largest of them.</summary>
    public string Draw(Func<TopSample, double?> select, int width)
    {
        var values = _samples.Skip(Math.Max(0, _samples.Count - width)).Select(select).ToList();
        var largest = values.Max() ?? 0;
        return string.Concat(values.Select(value => value is not { } number ? ' '
            : largest <= 0 ? Bars[0] : Bars[(int)Math.Clamp(number / largest * (Bars.Length - 1) + 0.5, 0, Bars.Length - 1)]));
    }

    public double? Largest(Func<TopSample, double?> select) => _samples.Select(select).Max();
}

/// <summary>The values of one snapshot.</summary>
internal readonly record struct TopSample(
    double? ReceivedPerSecond, double? SentPerSecond, double? RoundTrip, double? Retransmits, double? SendQueue);
