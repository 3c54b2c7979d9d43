using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>Measures one server for the observable instruments of <see cref="ServerMetrics"/>. Safe from any thread.</summary>
/// <remarks>
/// All instruments of a collection share one snapshot, so that their figures agree and there is one pass over the connections.
/// </remarks>
internal sealed class ServerGauges(IMonitoredServer server, LoadReader load, TimeProvider time)
{
    /// <summary>The maximum age of a snapshot, also for an instrument that has not read it.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(100);

    private static readonly SaturationKind[] Kinds = Enum.GetValues<SaturationKind>();

    private readonly Lock _lock = new();
    private readonly HashSet<string> _read = [];
    private Snapshot? _snapshot;

    /// <summary>Measures the limit of the server, once, with its first listener, and the limits of endpoints.</summary>
    public IEnumerable<Measurement<long>> Limits()
    {
        var listeners = server.Listeners;
        if (listeners is [var first, ..])
            yield return new(server.MaxConnections, [.. first.Tags, MetricTags.CreateLimitTag("MaxConnections")]);
        foreach (var listener in listeners)
        {
            if (listener.MaxConnections is { } own)
                yield return new(own, [.. listener.Tags, MetricTags.CreateLimitTag("UseConnectionLimit")]);
        }
    }

    public IEnumerable<Measurement<long>> Active() =>
        server.AllListeners.Select(static listener => new Measurement<long>(listener.OpenCount, listener.Tags));

    public IEnumerable<Measurement<long>> Traffic()
    {
        foreach (var listener in server.AllListeners)
        {
            var (received, sent) = listener.Traffic;
            yield return new(received, [.. listener.Tags, MetricTags.Receive]);
            yield return new(sent, [.. listener.Tags, MetricTags.Transmit]);
        }
    }

    public IEnumerable<Measurement<long>> QueueDepths() => MeasureQueues(Take(), static queue => queue.Depth);

    public IEnumerable<Measurement<long>> QueueLimits() => MeasureQueues(Take(), static queue => queue.Limit);

    public IEnumerable<Measurement<long>> Waiting() =>
        server.Listeners.Select(static listener => new Measurement<long>(listener.WaitingHandlers, listener.Tags));

    public IEnumerable<Measurement<double>> LongestWait() =>
        Counts(Take(), static counts => counts.LongestWait.TotalSeconds);

    public IEnumerable<Measurement<long>> ReadPaused() => Counts(Take(), static counts => (long)counts.ReadPaused);

    public IEnumerable<Measurement<long>> SendBlocked() => Counts(Take(), static counts => (long)counts.SendBlocked);

    /// <summary>
    /// Measures all kinds, so that one that is over returns to zero. A sign of the server is measured for each listener.
    /// </summary>
    public IEnumerable<Measurement<double>> Saturation()
    {
        var snapshot = Take();
        foreach (var listener in snapshot.Load.Listeners.Zip(snapshot.Listeners))
        {
            foreach (var kind in Kinds)
            {
                var level = snapshot.Load.Signs
                    .Where(sign => sign.Kind == kind && (sign.EndPoint is null || sign.EndPoint.Equals(listener.First.EndPoint)))
                    .Select(sign => sign.Level).DefaultIfEmpty().Max();
                yield return new(
                    level, [.. listener.Second.Tags, new(MetricTags.SaturationKind, MetricTags.GetValue(kind))]);
            }
        }
    }

    private static IEnumerable<Measurement<long>> MeasureQueues(Snapshot snapshot, Func<AcceptQueueInfo, long> read)
    {
        foreach (var (listener, info) in snapshot.Listeners.Zip(snapshot.Load.Listeners))
        {
            if (info.Queue is { } queue)
                yield return new(read(queue), listener.Tags);
        }
    }

    private static IEnumerable<Measurement<T>> Counts<T>(Snapshot snapshot, Func<ConnectionCounts, T> read)
        where T : struct => snapshot.Listeners.Select(listener => new Measurement<T>(
            read(snapshot.Counts.GetValueOrDefault(listener)), listener.Tags));

    /// <summary>Returns the snapshot of this collection. An instrument that reads again starts the next one.</summary>
    private Snapshot Take([CallerMemberName] string instrument = "")
    {
        lock (_lock)
        {
            if (_snapshot is null || !_read.Add(instrument) || time.GetElapsedTime(_snapshot.Timestamp) > MaxAge)
            {
                _snapshot = new(server, load, time.GetTimestamp());
                _read.Clear();
                _read.Add(instrument);
            }

            Debug.Assert(_read.Contains(instrument), "Each instrument reads a snapshot once.");
            return _snapshot;
        }
    }

    private sealed class Snapshot
    {
        public Snapshot(IMonitoredServer server, LoadReader load, long timestamp)
        {
            Timestamp = timestamp;
            Listeners = server.Listeners;
            var total = new ConnectionCounts();
            foreach (var listener in server.AllListeners)
            {
                var counts = LoadReader.Count(listener);
                total.Add(counts);
                Counts[listener] = counts;
            }

            Load = load.Read(Listeners, total);
        }

        public long Timestamp { get; }

        public IReadOnlyList<IMonitoredListener> Listeners { get; }

        public Dictionary<IMonitoredListener, ConnectionCounts> Counts { get; } = [];

        public ServerLoad Load { get; }
    }
}
