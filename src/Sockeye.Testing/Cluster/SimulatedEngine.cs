using System.Buffers;
using System.Diagnostics;
using Sockeye.Clustering;

namespace Sockeye.Testing;

/// <summary>A node on a <see cref="SimulatedBus"/>.</summary>
internal sealed class SimulatedEngine(SimulatedBus bus, HostStack stack) : IClusterEngine
{
    private readonly SortedSet<string> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<SimulatedEngine, EngineLine> _lines = [];
    private readonly List<(long Version, TaskCompletionSource Known)> _subscribing = [];
    private readonly int _crashes = stack.CrashCount;
    private ClusterEngineContext? _context;
    private bool _isDisposed;

    public string Name => "simulation";

    public bool HasMembership => false;

    public SimulatedBus Bus => bus;

    public HostStack Stack => stack;

    public ClusterEngineContext Context => _context ?? throw new InvalidOperationException("The engine has not started.");

    /// <summary>Whether the host has not crashed since the engine was created, and the engine is not disposed.</summary>
    public bool IsAlive => !_isDisposed && !stack.IsDown && stack.CrashCount == _crashes;

    public bool IsAway { get; private set; }

    /// <summary>Counts the changes of subscriptions.</summary>
    public long Version { get; private set; }

    public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken)
    {
        Debug.Assert(_context is null, "An engine starts once.");
        stack.Loop.ThrowIfForeignThread();
        _context = context;
        bus.Add(this);
        foreach (var other in bus.Engines.Where(IsPeer))
        {
            LineTo(other).Synchronize();
            other.LineTo(this).Synchronize();
        }

        stack.Loop.Post(
            static engine => ((SimulatedEngine)engine!).Report(isConnected: true), this);
        return Task.CompletedTask;
    }

    public async Task SubscribeAsync(string topic, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_topics.Add(topic))
            Change();
        var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _subscribing.Add((Version, known));
        CompleteSubscriptions();
        using var cancelling = cancellationToken.UnsafeRegister(
            static (known, token) => ((TaskCompletionSource)known!).TrySetCanceled(token), known);
        await known.Task;
    }

    public void Unsubscribe(string topic)
    {
        if (_topics.Remove(topic))
            Change();
    }

    public bool TryPublish(string topic, ReadOnlySpan<byte> frame) => TrySend(frame, line => line.Knows(topic));

    public bool TryAnnounce(ReadOnlySpan<byte> frame) => TrySend(frame, static _ => true);

    public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame) =>
        TrySend(frame, line => line.To.Context.Self.Incarnation == node.Incarnation);

    public async ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken)
    {
        foreach (var line in _lines.Values.Where(line => line.Knows(topic)).ToList())
            await line.WaitForSpaceAsync(cancellationToken);
    }

    public ClusterEngineQueues GetQueues() => _lines.Values.Select(line => line.Queue).Aggregate(
        default(ClusterEngineQueues),
        (sum, queue) => new(sum.Frames + queue.Frames, sum.Bytes + queue.Bytes, sum.DroppedFrames + queue.DroppedFrames));

    public ValueTask DisposeAsync()
    {
        foreach (var line in _lines.Values)
            line.Complete();
        _isDisposed = true;
        bus.Remove(this);
        foreach (var other in bus.Engines)
            other._lines.Remove(this);
        _lines.Clear();
        _subscribing.ForEach(static one => one.Known.TrySetException(new ObjectDisposedException(nameof(SimulatedEngine))));
        _subscribing.Clear();
        return default;
    }

    public void SetAway(bool isAway)
    {
        if (_isDisposed || IsAway == isAway)
            return;
        IsAway = isAway;
        Report(!isAway);
        if (isAway)
            return;
        Context.Events.OnLoss("the engine was away");
        foreach (var line in _lines.Values)
            line.Continue();
        CompleteSubscriptions();
    }

    /// <summary>Returns the topics, as another node learns them.</summary>
    public SortedSet<string> CopyTopics() => new(_topics, StringComparer.Ordinal);

    /// <summary>The topics of another node have arrived.</summary>
    public void Learn(SimulatedEngine other, SortedSet<string> topics) => LineTo(other).Learn(topics);

    public void Receive(byte[] frame)
    {
        if (IsAlive && !IsAway)
            Context.Events.OnFrame(new ReadOnlySequence<byte>(frame));
    }

    /// <summary>Completes the calls that wait until other nodes know a subscription. Nodes that cannot be reached are not waited
    /// for.</summary>
    public void CompleteSubscriptions()
    {
        if (IsAway)
            return;
        var known = bus.Engines.Where(IsPeer).Select(LineTo).Where(line => line.IsOpen)
            .Select(line => line.KnownVersion).DefaultIfEmpty(long.MaxValue).Min();
        foreach (var (_, source) in _subscribing.Where(one => one.Version <= known))
            source.TrySetResult();
        _subscribing.RemoveAll(one => one.Version <= known);
    }

    private bool TrySend(ReadOnlySpan<byte> frame, Func<EngineLine, bool> isFor)
    {
        stack.Loop.ThrowIfForeignThread();
        if (_isDisposed)
            return false;
        var isQueued = true;
        foreach (var other in bus.Engines)
        {
            if (IsPeer(other) && LineTo(other) is var line && isFor(line))
                isQueued &= line.TrySend(frame);
        }

        return isQueued;
    }

    private EngineLine LineTo(SimulatedEngine other)
    {
        if (!_lines.TryGetValue(other, out var line))
            _lines.Add(other, line = new(this, other));
        return line;
    }

    private bool IsPeer(SimulatedEngine other) => other != this && other.Context.ClusterName == Context.ClusterName;

    private void Change()
    {
        Version++;
        foreach (var other in bus.Engines.Where(IsPeer))
            LineTo(other).Synchronize();
    }

    private void Report(bool isConnected)
    {
        if (!_isDisposed)
            Context.Events.OnConnectionChanged(isConnected, isConnected ? "the bus of the simulation" : "the bus is away");
    }
}
