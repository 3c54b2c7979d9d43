using Microsoft.Extensions.Logging;

namespace Sockeye.Clustering;

/// <summary>The things that all parts of a cluster share: this node, the engine, the options, the clock and the count of
/// beats.</summary>
internal sealed class ClusterLink(ClusterOptions options, IClusterEngine engine, ClusterNode self, CancellationToken stopping)
{
    private long _beat;

    public ClusterOptions Options => options;

    public IClusterEngine Engine => engine;

    public ClusterNode Self => self;

    /// <summary>Fires when the cluster is disposed.</summary>
    public CancellationToken Stopping => stopping;

    public TimeProvider Time => options.TimeProvider;

    public ILogger Logger { get; } = options.LoggerFactory.CreateLogger("Sockeye.Cluster");

    /// <summary>The number of the last beat of this node.</summary>
    public ulong Beat => (ulong)Volatile.Read(ref _beat);

    /// <summary>The number of beats in which a head is announced: one of them arrives, or the node is lost.</summary>
    public int BeatsToAnnounce { get; } = (int)Math.Ceiling(options.NodeTimeout / options.BeatInterval) + 1;

    /// <summary>Begins a beat, and returns its number.</summary>
    public ulong BeginBeat() => (ulong)Interlocked.Increment(ref _beat);

    /// <summary>Begins a frame of this node.</summary>
    public FrameWriter Begin(PooledBuffer buffer, FrameKind kind) => new(buffer, kind, self.Incarnation);

    public bool Send(ClusterNode node, PooledBuffer frame) => engine.TrySend(node, frame.WrittenMemory.Span);

    public bool Announce(PooledBuffer frame) => engine.TryAnnounce(frame.WrittenMemory.Span);

    public TimeSpan Since(long timestamp) => Time.GetElapsedTime(timestamp);
}
