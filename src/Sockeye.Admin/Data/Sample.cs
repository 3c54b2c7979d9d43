using System.Net;

namespace Sockeye.Admin;

/// <summary>The state of the server at one moment. Counters are totals since its start; CPU time is that of the
/// process.</summary>
internal sealed record Sample(
    long Number,
    long Timestamp,
    ServerLoad Load,
    long Received,
    long Sent,
    TimeSpan Processor)
{
    public long Accepted => Load.Listeners.Sum(each => each.Accepted);

    public long AcceptedBy(EndPoint endpoint) =>
        Load.Listeners.FirstOrDefault(each => each.EndPoint.Equals(endpoint))?.Accepted ?? 0;

    /// <summary>The fullest queue, as a share of its limit; both are 0 if the system does not report queues.</summary>
    public (int Depth, int Limit) FullestQueue => Load.Listeners
        .Select(listener => (Depth: listener.AcceptQueueDepth ?? 0, Limit: listener.AcceptQueueLimit ?? 0))
        .OrderByDescending(queue => queue.Limit == 0 ? 0 : (double)queue.Depth / queue.Limit)
        .FirstOrDefault();
}
