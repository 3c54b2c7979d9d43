using System.Net;
using Sockeye.Clustering;

namespace Sockeye.Testing;

/// <summary>The way from one engine to another: a bounded queue, then the wire, in order; and what the other one knows of the
/// subscriptions of this one.</summary>
internal sealed class EngineLine(SimulatedEngine from, SimulatedEngine to)
{
    private const int Port = 7400;
    private const int HeaderSize = 40;

    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);

    private readonly FrameOutbox<bool> _outbox = new(from.Context.MaxQueuedBytes, from.Context.SlowNode);
    private readonly Queue<byte[]> _onTheWay = new();
    private readonly string _name = $"{from.Context.Self} -> {to.Context.Self}";
    private SortedSet<string> _topics = [];
    private TimeSpan _lastArrival;
    private TimeSpan _isBusyUntil;
    private bool _isSynchronizing;
    private bool _waits;
    private bool _isCompleted;

    public SimulatedEngine To => to;

    public ClusterEngineQueues Queue => _outbox.State;

    /// <summary>The version of the sender's subscriptions that the receiver knows.</summary>
    public long KnownVersion { get; private set; } = -1;

    /// <summary>Whether a frame would go through now.</summary>
    public bool IsOpen => IsReady && to.IsAlive && !to.IsAway && Evaluate(default).Kind is VerdictKind.Pass;

    private bool IsReady => from.IsAlive && !from.IsAway;

    private SimulatedNetwork Network => from.Bus.Network;

    private SimulationLoop Loop => from.Stack.Loop;

    /// <summary>Whether the sender knows that the receiver has subscribed to a topic.</summary>
    public bool Knows(string topic) => _topics.Contains(topic);

    public bool TrySend(ReadOnlySpan<byte> frame)
    {
        var isQueued = _outbox.TryEnqueue(false, frame);
        Continue();
        return isQueued;
    }

    public ValueTask WaitForSpaceAsync(CancellationToken cancellationToken) => _outbox.WaitForSpaceAsync(cancellationToken);

    /// <summary>Sends what waits, if nothing holds it back.</summary>
    public void Continue()
    {
        while (!_waits && (IsReady || !from.IsAlive) && _outbox.State.Frames > 0)
        {
            if (from.Stack.IsPaused)
                Wait(resume => from.Stack.WhenRunning(resume));
            else if (!_isCompleted && _isBusyUntil > Loop.Now)
                Wait(resume => Loop.Timers.After(_isBusyUntil - Loop.Now, _ => resume(), null));
            else if (_outbox.TryDequeue(out var frame))
                Send(frame);
        }
    }

    /// <summary>Sends what waits, and ends.</summary>
    public void Complete()
    {
        _isCompleted = true;
        _waits = false;
        Continue();
        _outbox.Discard();
        _outbox.Complete();
    }

    /// <summary>Sends the receiver the subscriptions, as soon as a frame would go through.</summary>
    public void Synchronize()
    {
        if (_isSynchronizing)
            return;
        _isSynchronizing = true;
        if (!IsOpen)
        {
            Loop.Timers.After(RetryInterval, _ => Retry(), null);
            from.CompleteSubscriptions();
            return;
        }

        var (version, topics) = (from.Version, from.CopyTopics());
        Loop.Timers.After(GetDelay(), _ =>
        {
            if (from.IsAlive && to.IsAlive)
                to.Learn(from, topics);
            Loop.Timers.After(GetDelay(), _ => OnKnown(version), null);
        }, null);
    }

    /// <summary>The receiver's subscriptions have changed.</summary>
    public void Learn(SortedSet<string> topics) => _topics = topics;

    private void OnKnown(long version)
    {
        KnownVersion = version;
        _isSynchronizing = false;
        if (version != from.Version && from.IsAlive)
            Synchronize();
        from.CompleteSubscriptions();
    }

    private void Retry()
    {
        _isSynchronizing = false;
        if (from.IsAlive && to.IsAlive && KnownVersion != from.Version)
            Synchronize();
    }

    private void Wait(Action<Action> until)
    {
        _waits = true;
        until(() =>
        {
            _waits = false;
            Continue();
        });
    }

    private void Send(QueuedFrame<bool> queued)
    {
        var frame = queued.Bytes.ToArray();
        queued.Dispose();
        if (Network.Bandwidth is { } bandwidth)
            _isBusyUntil = Loop.Now + TimeSpan.FromSeconds((double)(frame.Length + HeaderSize) / bandwidth);
        var verdict = Evaluate(frame);
        var isLost = from.Bus.Loss > 0 && Loop.Random.NextDouble() < from.Bus.Loss;
        if (isLost || verdict.Kind is not VerdictKind.Pass || !from.IsAlive || !to.IsAlive)
        {
            from.Stack.Trace(_name, $"frame of {frame.Length} bytes lost");
            return;
        }

        from.Stack.Trace(_name, $"frame of {frame.Length} bytes sent");
        var arrival = Loop.Now + GetDelay() + verdict.Extra;
        _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
        _onTheWay.Enqueue(frame);
        // Timers that are due at once fire in any order: each takes the first frame.
        Loop.Timers.After(_lastArrival - Loop.Now, _ => Arrive(), null);
    }

    private void Arrive()
    {
        var frame = _onTheWay.Dequeue();
        to.Stack.WhenRunning(() =>
        {
            to.Stack.Trace(_name, $"frame of {frame.Length} bytes arrived");
            to.Receive(frame);
        });
    }

    private TimeSpan GetDelay()
    {
        var delay = Network.Latency + (Network.Jitter * Loop.Random.NextDouble());
        for (var times = 0; times < 10 && Network.Loss > 0 && Loop.Random.NextDouble() < Network.Loss; times++)
            delay += Retransmission;
        return delay;
    }

    private Verdict Evaluate(ReadOnlyMemory<byte> frame) => from.Stack.Wire.Rules.Evaluate(new(
        new IPEndPoint(from.Stack.IPv4, Port), new IPEndPoint(to.Stack.IPv4, Port), frame, SegmentControl.None));
}
