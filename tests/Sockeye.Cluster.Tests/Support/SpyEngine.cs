using System.Buffers;

namespace Sockeye.Clustering.Tests.Support;

/// <summary>Shows the frames of another engine to a test, which may change or drop them.</summary>
internal sealed class SpyEngine(IClusterEngine inner) : IClusterEngine
{
    public const byte Beat = 1;
    public const byte Broadcast = 2;
    public const byte HeadsRequest = 3;
    public const byte Heads = 4;
    public const byte RepairRequest = 5;
    public const byte Repaired = 6;
    public const byte RepairRefused = 7;
    public const byte CatchUpRequest = 8;
    public const byte SendToUser = 12;
    public const byte SendAnswer = 15;
    public const byte Follow = 16;
    public const byte Changes = 17;

    private readonly Lock _lock = new();
    private readonly Dictionary<byte, int> _sent = [];
    private readonly Dictionary<byte, int> _received = [];
    private readonly Dictionary<byte, long> _sentBytes = [];
    private readonly Queue<(string Topic, byte[] Bytes)> _delayed = new();

    public string Name => inner.Name;

    public bool HasMembership => inner.HasMembership;

    public IClusterEngineEvents Events { get; private set; } = null!;

    /// <summary>Returns what is sent instead of a frame; null: nothing.</summary>
    public Func<byte[], byte[]?> Outgoing { get; set; } = static frame => frame;

    /// <summary>Runs before each frame that arrives; returns false to drop it.</summary>
    public Func<byte[], bool> Incoming { get; set; } = static _ => true;

    /// <summary>Whether frames for topics wait, while others go on: the ways are different ones.</summary>
    public bool IsDelaying
    {
        get;
        set
        {
            field = value;
            while (!value && _delayed.TryDequeue(out var frame))
                inner.TryPublish(frame.Topic, frame.Bytes);
        }
    }

    public Action<string>? Subscribed { get; set; }

    public Action<string>? Unsubscribed { get; set; }

    public static byte KindOf(ReadOnlySpan<byte> frame) => frame[1];

    /// <summary>The number of frames of a kind that were sent, each once for all its receivers.</summary>
    public int SentCount(byte kind)
    {
        lock (_lock)
            return _sent.GetValueOrDefault(kind);
    }

    /// <summary>The number of all frames that were sent.</summary>
    public int Sent
    {
        get
        {
            lock (_lock)
                return _sent.Values.Sum();
        }
    }

    /// <summary>The number of all frames that have arrived.</summary>
    public int Received
    {
        get
        {
            lock (_lock)
                return _received.Values.Sum();
        }
    }

    /// <summary>The bytes of the frames of a kind that were sent, each once.</summary>
    public long SentBytes(byte kind)
    {
        lock (_lock)
            return _sentBytes.GetValueOrDefault(kind);
    }

    /// <summary>The number of frames of a kind that have arrived.</summary>
    public int ReceivedCount(byte kind)
    {
        lock (_lock)
            return _received.GetValueOrDefault(kind);
    }

    public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken)
    {
        Events = context.Events;
        return inner.StartAsync(
            new()
            {
                ClusterName = context.ClusterName,
                Self = context.Self,
                Events = new SpyEvents(this, context.Events),
                MaxQueuedBytes = context.MaxQueuedBytes,
                SlowNode = context.SlowNode,
                NodeTimeout = context.NodeTimeout,
                TimeProvider = context.TimeProvider,
                LoggerFactory = context.LoggerFactory,
            },
            cancellationToken);
    }

    public async Task SubscribeAsync(string topic, CancellationToken cancellationToken)
    {
        await inner.SubscribeAsync(topic, cancellationToken);
        Subscribed?.Invoke(topic);
    }

    public void Unsubscribe(string topic)
    {
        inner.Unsubscribe(topic);
        Unsubscribed?.Invoke(topic);
    }

    public bool TryPublish(string topic, ReadOnlySpan<byte> frame)
    {
        if (Change(frame) is not { } changed)
            return true;
        if (!IsDelaying)
            return inner.TryPublish(topic, changed);
        _delayed.Enqueue((topic, changed));
        return true;
    }

    public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame) =>
        Change(frame) is not { } changed || inner.TrySend(node, changed);

    public bool TryAnnounce(ReadOnlySpan<byte> frame) => Change(frame) is not { } changed || inner.TryAnnounce(changed);

    public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) =>
        inner.WaitForSpaceAsync(topic, cancellationToken);

    public ClusterEngineQueues GetQueues() => inner.GetQueues();

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private byte[]? Change(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            _sent[KindOf(frame)] = _sent.GetValueOrDefault(KindOf(frame)) + 1;
            _sentBytes[KindOf(frame)] = _sentBytes.GetValueOrDefault(KindOf(frame)) + frame.Length;
        }

        return Outgoing(frame.ToArray());
    }

    private sealed class SpyEvents(SpyEngine spy, IClusterEngineEvents inner) : IClusterEngineEvents
    {
        public void OnFrame(in ReadOnlySequence<byte> frame)
        {
            var bytes = frame.ToArray();
            if (bytes.Length > 1)
            {
                lock (spy._lock)
                    spy._received[KindOf(bytes)] = spy._received.GetValueOrDefault(KindOf(bytes)) + 1;
            }

            if (spy.Incoming(bytes))
                inner.OnFrame(frame);
        }

        public void OnNodeUp(ClusterNode node) => inner.OnNodeUp(node);

        public void OnNodeDown(ClusterNode node) => inner.OnNodeDown(node);

        public void OnConnectionChanged(bool isConnected, string detail) => inner.OnConnectionChanged(isConnected, detail);

        public void OnLoss(string cause) => inner.OnLoss(cause);
    }
}
