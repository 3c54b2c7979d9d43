using System.Diagnostics;

namespace Sockeye.Orleans;

/// <summary>The subscriptions of this node. For each topic, one loop at a time makes the grain agree with what is wanted.
/// </summary>
internal sealed class SubscriptionTable(EngineLink link, SemaphoreSlim calls)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Subscription> _topics = new(StringComparer.Ordinal);
    private bool _isClosed;

    public Task SubscribeAsync(string topic, CancellationToken cancellationToken)
    {
        Task waiting;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (!_topics.TryGetValue(topic, out var subscription))
                _topics[topic] = subscription = new(topic);
            if (!subscription.IsWanted)
                link.Interests.Add(TopicHash.ComputeShort(topic));
            subscription.IsWanted = true;
            if (subscription.Era is not null)
                return Task.CompletedTask;
            subscription.Waiter ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = subscription.Waiter.Task;
            StartLocked(subscription);
        }

        return waiting.WaitAsync(cancellationToken);
    }

    public void Unsubscribe(string topic)
    {
        lock (_lock)
        {
            if (_isClosed || !_topics.TryGetValue(topic, out var subscription) || !subscription.IsWanted)
                return;
            link.Interests.Remove(TopicHash.ComputeShort(topic));
            subscription.IsWanted = false;
            subscription.Era = null;
            StartLocked(subscription);
        }
    }

    /// <summary>Subscribes again to the topics whose activation is lost.</summary>
    public void Renew(Predicate<TopicEra> isLost)
    {
        lock (_lock)
        {
            foreach (var subscription in _topics.Values)
            {
                if (subscription.Era is { } era && isLost(era))
                    RenewLocked(subscription);
            }
        }
    }

    /// <summary>Subscribes again to one topic, if the given activation holds it.</summary>
    public void Renew(string topic, TopicEra lost)
    {
        lock (_lock)
        {
            if (_topics.TryGetValue(topic, out var subscription) && subscription.Era == lost)
                RenewLocked(subscription);
        }
    }

    /// <summary>Returns the topics that a grain holds.</summary>
    public (string Topic, TopicEra Era)[] GetHeld()
    {
        lock (_lock)
            return [.. _topics.Values.Where(each => each.Era is not null).Select(each => (each.Topic, each.Era!))];
    }

    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var subscription in _topics.Values)
                subscription.Waiter?.TrySetException(new ObjectDisposedException(EngineLink.EngineName));
        }
    }

    private void RenewLocked(Subscription subscription)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Subscriptions change under the lock.");
        subscription.Era = null;
        subscription.Losses++;
        StartLocked(subscription);
    }

    private void StartLocked(Subscription subscription)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Subscriptions change under the lock.");
        if (subscription.IsRunning || _isClosed)
            return;
        subscription.IsRunning = true;
        _ = Task.Run(() => RunAsync(subscription));
    }

    private async Task RunAsync(Subscription subscription)
    {
        for (var failures = 0; GetNext(subscription) is var (isWanted, losses);)
        {
            try
            {
                var isDone = await CallAsync(subscription, isWanted, losses);
                failures = isDone ? 0 : failures + 1;
            }
            catch (Exception exception) when (!link.Stopping.IsCancellationRequested)
            {
                failures++;
                link.LogTopicFailure(subscription.Topic, exception);
            }
            catch (Exception)
            {
                // The engine stops, and its silo perhaps too.
                return;
            }

            if (failures > 0)
                await link.DelayAsync(failures, link.Stopping).WithoutThrowing();
        }
    }

    /// <summary>Returns the next call, or null if there is nothing to do.</summary>
    private (bool IsWanted, int Losses)? GetNext(Subscription subscription)
    {
        lock (_lock)
        {
            var isDone = _isClosed || (subscription.IsWanted ? subscription.Era is not null : !subscription.MayBeHeld);
            if (!isDone)
                return (subscription.IsWanted, subscription.Losses);
            subscription.IsRunning = false;
            if (_isClosed)
                return null;
            // A wait also ends when its caller has ended the subscription meanwhile.
            subscription.Waiter?.TrySetResult();
            subscription.Waiter = null;
            if (!subscription.IsWanted)
                _topics.Remove(subscription.Topic);
            return null;
        }
    }

    private async Task<bool> CallAsync(Subscription subscription, bool isWanted, int losses)
    {
        await calls.WaitAsync(link.Stopping);
        try
        {
            var grain = link.Topic(subscription.Topic);
            if (!isWanted)
            {
                await grain.UnsubscribeAsync(link.Self).WaitAsync(link.Stopping);
                lock (_lock)
                    subscription.MayBeHeld = false;
                return true;
            }

            lock (_lock)
                subscription.MayBeHeld = true;
            var receipt = await grain.SubscribeAsync(link.Self).WaitAsync(link.Stopping);
            lock (_lock)
            {
                if (receipt.IsComplete && subscription.Losses == losses)
                    subscription.Era = receipt.Era;
            }

            return receipt.IsComplete;
        }
        finally
        {
            calls.Release();
        }
    }
}
