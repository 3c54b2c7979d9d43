using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>The load of one running server, as metrics ask for it. From any thread.</summary>
internal sealed class LoadGauge(LoadReader load, IReadOnlyList<ActiveListener> listeners, int maxConnections)
{
    private static readonly SaturationKind[] Kinds = Enum.GetValues<SaturationKind>();

    /// <summary>By listener and kind.</summary>
    private readonly KeyValuePair<string, object?>[][][] _saturationTags = [.. listeners.Select(
        each => Kinds.Select(kind => (KeyValuePair<string, object?>[])
            [.. each.Tags, new(MetricTags.SaturationKind, MetricTags.Of(kind))]).ToArray())];

    /// <summary>The server's own limit once, under the address of its first listener, and those of endpoints.</summary>
    public IEnumerable<Measurement<long>> Limits()
    {
        if (listeners is [var first, ..])
            yield return new(maxConnections, [.. first.Tags, MetricTags.Limit("MaxConnections")]);
        foreach (var each in listeners)
        {
            if (each.Configuration.Options.MaxConnections is { } own)
                yield return new(own, [.. each.Tags, MetricTags.Limit("UseConnectionLimit")]);
        }
    }

    public IEnumerable<Measurement<long>> Waiting() => Of(static listener => listener.WaitingHandlers);

    public IEnumerable<Measurement<double>> LongestWait() => listeners.Select(each => new Measurement<double>(
        each.WaitingHandlers > 0 ? each.CountConnections().LongestWait.TotalSeconds : 0, each.Tags));

    public IEnumerable<Measurement<long>> ReadPaused() => OfCounts(static counts => counts.ReadPaused);

    public IEnumerable<Measurement<long>> SendBlocked() => OfCounts(static counts => counts.SendBlocked);

    /// <summary>All kinds, so that one which is over falls to zero. What concerns the server concerns each listener.</summary>
    public IEnumerable<Measurement<double>> Saturation()
    {
        var signs = load.Read().Signs;
        for (var i = 0; i < listeners.Count; i++)
        {
            var endpoint = listeners[i].EndPoint;
            foreach (var kind in Kinds)
            {
                var level = signs
                    .Where(sign => sign.Kind == kind && (sign.EndPoint is null || sign.EndPoint.Equals(endpoint)))
                    .Select(sign => sign.Level).DefaultIfEmpty().Max();
                yield return new(level, _saturationTags[i][(int)kind]);
            }
        }
    }

    private IEnumerable<Measurement<long>> OfCounts(Func<ConnectionCounts, long> ask) =>
        Of(each => ask(each.CountConnections()));

    private IEnumerable<Measurement<long>> Of(Func<ActiveListener, long> ask) =>
        listeners.Select(each => new Measurement<long>(ask(each), each.Tags));
}
