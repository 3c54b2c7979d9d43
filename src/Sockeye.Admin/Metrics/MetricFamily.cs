using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sockeye.Admin;

/// <summary>All series of one instrument.</summary>
/// <remarks>
/// A measurement finds its series by the hash of its tags, without a lock and without allocating. The same tags in another order
/// have another hash, but the same labels, and therefore the same series.
/// </remarks>
internal sealed class MetricFamily(Instrument instrument)
{
    /// <summary>
    /// The maximum number of series. Tags come from this process, and are few; further ones share the series <c>overflow</c>.
    /// </summary>
    public const int MaxSeries = 1000;

    /// <summary>OpenTelemetry's default bounds, for instruments that do not specify any.</summary>
    private static readonly double[] UsualBounds =
        [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    private readonly ConcurrentDictionary<int, Known> _known = [];
    private readonly ConcurrentDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);

    public string Name { get; } = PrometheusNames.GetName(instrument);

    public string Type { get; } = PrometheusNames.GetMetricType(instrument);

    public string Help => instrument.Description ?? "";

    public bool IsObservable => instrument.IsObservable;

    public IEnumerable<MetricSeries> Series => _series.Values.OrderBy(series => series.Labels, StringComparer.Ordinal);

    public MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = new HashCode();
        foreach (var (name, value) in tags)
        {
            hash.Add(name);
            hash.Add(value);
        }

        var key = hash.ToHashCode();
        for (var known = _known.GetValueOrDefault(key); known is not null; known = known.Next)
        {
            if (known.Has(tags))
                return known.Series;
        }

        return Make(key, tags.ToArray());
    }

    private MetricSeries Make(int key, KeyValuePair<string, object?>[] tags)
    {
        var labels = _series.Count < MaxSeries ? PrometheusNames.FormatLabels(tags) : "{overflow=\"true\"}";
        var series = _series.GetOrAdd(labels, NewSeries);
        // Two threads may add the same tags at once. Then there are two entries, and both lead to the same series.
        if (_known.Count < MaxSeries)
            _known.AddOrUpdate(key, _ => new(tags, series, null), (_, first) => new(tags, series, first));
        return series;
    }

    private MetricSeries NewSeries(string labels)
    {
        if (Type != "histogram")
            return new(labels);
        var advice = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries
            ?? (instrument as Histogram<long>)?.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound);
        return new HistogramSeries(labels, advice is null ? UsualBounds : [.. advice]);
    }

    private sealed record Known(KeyValuePair<string, object?>[] Tags, MetricSeries Series, Known? Next)
    {
        public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length != Tags.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
            {
                if (tags[i].Key != Tags[i].Key || !Equals(tags[i].Value, Tags[i].Value))
                    return false;
            }

            return true;
        }
    }
}
