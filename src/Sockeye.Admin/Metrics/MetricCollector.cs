using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sockeye.Admin;

/// <summary>Counts the measurements of Sockeye's meters, for all servers of the process and since the collector's start, and
/// .NET's metrics of the process.</summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = [];
    private readonly Lock _lock = new();

    public MetricCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsWanted(instrument))
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static each => new(each)));
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => Find(family, tags).Add(value));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => Find(family, tags).Add((long)value));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => Find(family, tags).Add(value));
        _listener.Start();
    }

    /// <summary>Reads the observable instruments, and passes all families to <paramref name="write"/>, ordered by name.</summary>
    public void Read(Action<MetricFamily> write)
    {
        // Two concurrent readers would add up their observations.
        lock (_lock)
        {
            foreach (var observed in _families.Values.Where(family => family.IsObservable).SelectMany(family => family.Series))
                observed.Reset();
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
                write(family);
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>In Prometheus, a name that ends with _count is a part of a histogram, so .NET's thread_pool.thread.count and
    /// similar metrics are left out.</summary>
    private static bool IsWanted(Instrument instrument) =>
        instrument.Meter.Name.StartsWith("Sockeye.", StringComparison.Ordinal)
        || (instrument.Meter.Name == "System.Runtime" && !instrument.Name.EndsWith(".count", StringComparison.Ordinal));

    private static MetricSeries Find(object? family, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        ((MetricFamily)family!).Find(tags);
}
