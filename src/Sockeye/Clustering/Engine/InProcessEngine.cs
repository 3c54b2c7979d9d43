using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>A node on an <see cref="InProcessBus"/>. Its queue holds the frames that have arrived for it.</summary>
internal sealed class InProcessEngine(InProcessBus bus) : IClusterEngine
{
    private readonly ConcurrentDictionary<string, bool> _topics = new(StringComparer.Ordinal);
    private ClusterEngineContext? _context;
    private FrameOutbox<bool>? _received;
    private Task _receiving = Task.CompletedTask;
    private bool _isDisposed;

    public string Name => "in-process";

    public bool HasMembership => false;

    public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken)
    {
        Debug.Assert(_context is null, "An engine starts once.");
        _context = context;
        _received = new(context.MaxQueuedBytes, context.SlowNode);
        _receiving = ReceiveAsync(_received, context.Events);
        bus.Add(this);
        context.Events.OnConnectionChanged(isConnected: true, "all nodes are in this process");
        return Task.CompletedTask;
    }

    public Task SubscribeAsync(string topic, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        _topics.TryAdd(topic, true);
        return Task.CompletedTask;
    }

    public void Unsubscribe(string topic) => _topics.TryRemove(topic, out _);

    public bool TryPublish(string topic, ReadOnlySpan<byte> frame)
    {
        var isQueued = !Volatile.Read(ref _isDisposed);
        foreach (var other in bus.Engines)
        {
            if (IsPeer(other) && other._topics.ContainsKey(topic))
                isQueued &= other._received!.TryEnqueue(true, frame);
        }

        return isQueued;
    }

    public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame)
    {
        foreach (var other in bus.Engines)
        {
            if (IsPeer(other) && other._context!.Self.Incarnation == node.Incarnation)
                return other._received!.TryEnqueue(true, frame);
        }

        return !Volatile.Read(ref _isDisposed); // The node no longer exists.
    }

    public bool TryAnnounce(ReadOnlySpan<byte> frame)
    {
        var isQueued = !Volatile.Read(ref _isDisposed);
        foreach (var other in bus.Engines)
        {
            if (IsPeer(other))
                isQueued &= other._received!.TryEnqueue(true, frame);
        }

        return isQueued;
    }

    public async ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken)
    {
        foreach (var other in bus.Engines)
        {
            if (IsPeer(other) && other._topics.ContainsKey(topic))
                await other._received!.WaitForSpaceAsync(cancellationToken);
        }
    }

    public ClusterEngineQueues GetQueues() => _received?.State ?? default;

    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _isDisposed, true);
        bus.Remove(this);
        _received?.Discard();
        _received?.Complete();
        await _receiving;
    }

    private static async Task ReceiveAsync(FrameOutbox<bool> received, IClusterEngineEvents events)
    {
        while (await received.WaitToDequeueAsync())
        {
            while (received.TryDequeue(out var frame))
            {
                using (frame)
                    events.OnFrame(new ReadOnlySequence<byte>(frame.Bytes));
            }
        }
    }

    private bool IsPeer(InProcessEngine other) =>
        other != this && !Volatile.Read(ref _isDisposed) && other._context!.ClusterName == _context?.ClusterName;
}
