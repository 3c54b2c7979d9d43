using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Clustering;

/// <summary>A connection that messages of one type can be addressed to.</summary>
/// <remarks>Its queue is a group with one member, which begins with the first message: it never delays the sender.</remarks>
internal sealed class RegisteredConnection<TMessage>(
    MessageWriter<TMessage> writer, ClusterMessageType? type, ClusterGroupOptions options, Action<IRegisteredConnection> onClosed)
    : IRegisteredConnection
{
    private readonly Lock _lock = new();
    private readonly byte[]? _typeName = type is null ? null : Encoding.UTF8.GetBytes(type.Name);
    private readonly Codec<TMessage>? _codec = (Codec<TMessage>?)type?.Codec;
    private CancellationTokenRegistration _closed;
    private CancellationTokenRegistration _disposed;
    private MessageGroup<TMessage>? _queue;

    public ConnectionContext Connection => writer.Connection;

    public string? User { get; set; }

    /// <summary>Calls back when the connection ends; at once if it has ended.</summary>
    public void Watch()
    {
        _closed = writer.Connection.ConnectionClosed.UnsafeRegister(OnClosed, this);
        _disposed = writer.Disposed.UnsafeRegister(OnClosed, this);
    }

    public ClusterSendResult TrySend<TOther>(TOther message)
    {
        if (message is not TMessage own)
            return ClusterSendResult.Refused;
        var content = new BroadcastContent<TMessage>(own);
        return TrySend(ref content);
    }

    public ClusterSendResult TrySend(ReadOnlySpan<byte> typeName, ReadOnlySpan<byte> payload)
    {
        if (_codec is null || !typeName.SequenceEqual(_typeName))
            return ClusterSendResult.Refused;
        var frame = PooledBuffer.CopyOf(payload);
        try
        {
            var content = new BroadcastContent<TMessage>(_codec, frame);
            return TrySend(ref content);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return ClusterSendResult.Refused; // The codec, which is code of the user, cannot read or write it.
        }
        finally
        {
            frame.Release();
        }
    }

    private static void OnClosed(object? connection) => ((RegisteredConnection<TMessage>)connection!).OnClosed();

    private ClusterSendResult TrySend(ref BroadcastContent<TMessage> content)
    {
        lock (_lock)
        {
            var queue = _queue ??= CreateQueue();
            var dropped = queue.Dropped;
            if (queue.Count == 0)
                return ClusterSendResult.NotFound;
            if (queue.Enqueue(ref content, except: null) is { } full)
            {
                queue.Disconnect(full);
                return ClusterSendResult.QueueFull;
            }

            return queue.Dropped == dropped ? ClusterSendResult.Queued : ClusterSendResult.QueueFull;
        }
    }

    private MessageGroup<TMessage> CreateQueue()
    {
        // A sender on another node cannot wait for this connection.
        var slowMember = options.SlowMember is SlowMemberPolicy.Wait ? SlowMemberPolicy.Drop : options.SlowMember;
        var queue = new MessageGroup<TMessage>(
            new() { MaxQueuedMessages = options.MaxQueuedMessages, SlowMember = slowMember });
        queue.Join(writer, first: [], codec: null);
        return queue;
    }

    private void OnClosed()
    {
        _closed.Unregister();
        _disposed.Unregister();
        onClosed(this);
    }
}
