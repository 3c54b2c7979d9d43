using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>Messages of other nodes that wait for members which must not miss any (<see cref="SlowMemberPolicy.Wait"/>). The lock
/// of the group guards adding and beginning; one task at a time delivers.</summary>
internal sealed class GroupArrivals(int maxMessages, Func<GroupStamp, PooledBuffer, Task> deliverAsync)
{
    private readonly Lock _lock = new();
    private readonly Queue<(GroupStamp Stamp, PooledBuffer Payload)> _messages = new();
    private bool _isDelivering;

    /// <summary>Whether a message waits or is being delivered.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_lock)
                return _isDelivering;
        }
    }

    /// <summary>Begins with a message that some members have not received yet. Called while it is not busy.</summary>
    /// <param name="finishAsync">Waits for these members.</param>
    public void Begin(Func<Task> finishAsync)
    {
        lock (_lock)
        {
            Debug.Assert(!_isDelivering, "One task at a time delivers.");
            _isDelivering = true;
        }

        _ = DeliverAsync(finishAsync);
    }

    /// <summary>Adds a message, which is delivered after those before it.</summary>
    /// <returns>False if too many wait.</returns>
    public bool TryAdd(GroupStamp stamp, PooledBuffer payload)
    {
        lock (_lock)
        {
            if (_messages.Count == maxMessages)
                return false;
            payload.AddReference();
            _messages.Enqueue((stamp, payload));
            if (_isDelivering)
                return true;
            _isDelivering = true;
        }

        _ = DeliverAsync(static () => Task.CompletedTask);
        return true;
    }

    private async Task DeliverAsync(Func<Task> finishAsync)
    {
        await Task.Yield(); // The caller holds a lock; delivering needs others.
        await UnlessStoppedAsync(finishAsync());
        while (TryTake(out var message))
        {
            try
            {
                await UnlessStoppedAsync(deliverAsync(message.Stamp, message.Payload));
            }
            finally
            {
                message.Payload.Release();
            }
        }
    }

    private static async Task UnlessStoppedAsync(Task delivery)
    {
        try
        {
            await delivery;
        }
        catch (OperationCanceledException)
        {
            // The cluster stops: what waits is lost with its members.
        }
    }

    private bool TryTake(out (GroupStamp Stamp, PooledBuffer Payload) message)
    {
        lock (_lock)
        {
            Debug.Assert(_isDelivering, "One task at a time delivers.");
            _isDelivering = _messages.TryDequeue(out message);
            return _isDelivering;
        }
    }
}
