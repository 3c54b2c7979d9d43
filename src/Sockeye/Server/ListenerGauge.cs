using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>One listener of a running server, as metrics ask for it. From any thread.</summary>
internal sealed class ListenerGauge(ActiveListener listener)
{
    private readonly KeyValuePair<string, object?>[] _receive = [.. listener.Tags, MetricTags.Receive];
    private readonly KeyValuePair<string, object?>[] _transmit = [.. listener.Tags, MetricTags.Transmit];
    private readonly Lock _lock = new();
    private long _received;
    private long _sent;

    public KeyValuePair<string, object?>[] Tags => listener.Tags;

    public long? Active => listener.OpenCount;

    public long? QueueDepth => (listener.Listener as IAcceptQueue)?.GetQueue()?.Depth;

    public long? QueueLimit => (listener.Listener as IAcceptQueue)?.GetQueue()?.Limit;

    public IEnumerable<Measurement<long>> Traffic()
    {
        var (received, sent) = TotalTraffic();
        return [new(received, _receive), new(sent, _transmit)];
    }

    public (long Received, long Sent) TotalTraffic()
    {
        // The closed ones first: one that closes meanwhile is missed, not counted twice. It leaves the table, then is added.
        var (received, sent) = listener.ClosedTraffic;
        foreach (var connection in listener.Connections)
            (received, sent) = (received + connection.BytesReceived, sent + connection.BytesSent);

        lock (_lock)
        {
            // For the same reason never less than was told before: a counter that falls counts as one that began anew.
            (_received, _sent) = (Math.Max(_received, received), Math.Max(_sent, sent));
            return (_received, _sent);
        }
    }
}
