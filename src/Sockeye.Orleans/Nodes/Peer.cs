using System.Buffers;
using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>Another node: the queue to it, the one loop that sends what the queue holds, and the frames from it.</summary>
/// <remarks>The loop makes one call at a time and awaits its answer. So frames stay in order, and a slow node slows its own queue
/// only.</remarks>
internal sealed class Peer : IDisposable
{
    /// <summary>A batch takes no more frames when it has this size.</summary>
    private const int FullBatchSize = 64 * 1024;

    /// <summary>A larger buffer is not kept for the next batch.</summary>
    private const int MaxKeptBufferSize = 4 * FullBatchSize;

    private readonly EngineLink _link;
    private readonly FrameOutbox<uint> _queue;
    private readonly Action<Peer> _onLeft;
    private readonly Lock _receiving = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private long _lastReceived;
    private bool _isClosed;

    /// <param name="link">The engine.</param>
    /// <param name="identity">The node.</param>
    /// <param name="onLeft">Called once if the other silo says that the node no longer exists.</param>
    public Peer(EngineLink link, NodeIdentity identity, Action<Peer> onLeft)
    {
        _link = link;
        _onLeft = onLeft;
        Identity = identity;
        Node = identity.ToNode();
        _closed = _closing.Token;
        _queue = new(link.Context.MaxQueuedBytes, link.Context.SlowNode);
        Sending = Task.Run(SendAsync);
    }

    public NodeIdentity Identity { get; }

    public ClusterNode Node { get; }

    /// <summary>Gets whether the node is gone.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Gets the loop that sends.</summary>
    public Task Sending { get; }

    public ClusterEngineQueues Queues => _queue.State;

    /// <summary>Adds a frame to the queue. Returns false if one is lost because the queue is full; a node that is gone loses
    /// nothing.</summary>
    /// <param name="topic">The hash of the topic, or 0 for a frame that is for the node itself.</param>
    /// <param name="frame">The frame.</param>
    public bool TryEnqueue(uint topic, ReadOnlySpan<byte> frame) => _queue.TryEnqueue(topic, frame) || IsClosed;

    public ValueTask WaitForSpaceAsync(CancellationToken cancellationToken) => _queue.WaitForSpaceAsync(cancellationToken);

    /// <summary>Reports the frames of a batch, except those of topics to which this node has ended its subscription.</summary>
    /// <remarks>A batch that arrives late, after the sender has given it up and has sent others, is dropped: the sender has
    /// reported its loss.</remarks>
    public void Receive(long number, ReadOnlyMemory<byte> batch)
    {
        lock (_receiving)
        {
            if (_isClosed || number <= _lastReceived)
                return;
            if (number != _lastReceived + 1)
                _link.Events.OnLoss($"{number - _lastReceived - 1} calls from {Node} did not arrive");
            _lastReceived = number;
            while (FrameBatch.TryRead(ref batch, out var topic, out var frame))
            {
                if (topic == 0 || _link.Interests.Contains(topic))
                    _link.Events.OnFrame(new ReadOnlySequence<byte>(frame));
            }
        }
    }

    /// <summary>Lets the loop end after the last frame of the queue.</summary>
    public void Complete() => _queue.Complete();

    /// <summary>Ends everything. When it returns, no frame of the node is reported again.</summary>
    public void Dispose()
    {
        lock (_receiving)
        {
            if (_isClosed)
                return;
            Volatile.Write(ref _isClosed, true);
        }

        _queue.Complete();
        _queue.Discard();
        _closing.Cancel();
        _closing.Dispose();
    }

    private async Task SendAsync()
    {
        var writer = new ArrayBufferWriter<byte>();
        var number = 0L;
        var failures = 0;
        try
        {
            while (await _queue.WaitToDequeueAsync(_closed))
            {
                if (writer.Capacity > MaxKeptBufferSize)
                    writer = new();
                var frames = Fill(writer);
                var cause = await TryDeliverAsync(++number, writer.WrittenMemory);
                if (cause is null)
                {
                    failures = 0;
                    continue;
                }

                // The call may have arrived, so it is not repeated. Its buffer may still be in use.
                writer = new();
                EngineLog.CallFailed(_link.Log, Node.ToString(), frames, cause);
                _link.Events.OnLoss($"a call to {Node} with {frames} frames failed: {cause}");
                await _link.DelayAsync(++failures, _closed);
            }
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            // The node is gone, or the engine is disposed.
        }
        finally
        {
            _queue.Complete();
            _queue.Discard();
        }
    }

    /// <returns>The number of frames.</returns>
    private int Fill(ArrayBufferWriter<byte> batch)
    {
        batch.ResetWrittenCount();
        var count = 0;
        while (batch.WrittenCount < FullBatchSize && _queue.TryDequeue(out var frame))
        {
            FrameBatch.Write(batch, frame.Destination, frame.Bytes.Span);
            frame.Dispose();
            count++;
        }

        return count;
    }

    /// <returns>Null, or the cause of the failure.</returns>
    private async Task<string?> TryDeliverAsync(long number, ReadOnlyMemory<byte> batch)
    {
        try
        {
            var call = _link.Nodes.On(Identity.Silo)
                .DeliverAsync(_link.Cluster, _link.Self, Identity.Epoch, number, batch);
            if (await call.WaitAsync(_closed))
                return null;
            _onLeft(this);
            return "the node has ended";
        }
        catch (Exception exception) when (!_closed.IsCancellationRequested)
        {
            return exception.Message;
        }
    }
}
