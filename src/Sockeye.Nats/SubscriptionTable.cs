using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sockeye.Nats;

/// <summary>The topics that the cluster has subscribed to, and those that have changed since the link last applied them.
/// </summary>
/// <remarks>Any thread changes the table; one link at a time reads the changes, and applies the state that it finds then. So
/// changes that race with each other end in the last state, and a change costs nothing while there is no link.</remarks>
internal sealed class SubscriptionTable
{
    private readonly Lock _lock = new();
    // Written under the lock, and read without it for each frame.
    private readonly ConcurrentDictionary<string, Subscription> _subscriptions = new();
    private readonly HashSet<string> _changed = [];
    private TaskCompletionSource? _reader;
    private bool _isLinked;
    private Exception? _end;

    public string? FindSubject(string topic) =>
        _subscriptions.TryGetValue(topic, out var subscription) ? subscription.Subject : null;

    /// <summary>Adds a topic, or finds it. The task completes when the server has processed it.</summary>
    public Task Add(string topic, string subject)
    {
        Task whenReady;
        TaskCompletionSource? reader = null;
        lock (_lock)
        {
            if (_end is not null)
                return Task.FromException(_end);
            if (!_subscriptions.TryGetValue(topic, out var subscription))
            {
                _subscriptions[topic] = subscription = new(topic, subject);
                reader = ChangeLocked(topic);
            }

            whenReady = subscription.WhenReady;
        }

        reader?.TrySetResult();
        return whenReady;
    }

    public void Remove(string topic)
    {
        TaskCompletionSource? reader;
        lock (_lock)
        {
            if (!_subscriptions.TryRemove(topic, out var subscription))
                return;
            subscription.SetReady();
            reader = ChangeLocked(topic);
        }

        reader?.TrySetResult();
    }

    /// <summary>Starts a link: all topics are changes.</summary>
    public void BeginLink()
    {
        lock (_lock)
        {
            Debug.Assert(!_isLinked, "One link at a time.");
            _isLinked = true;
            _changed.Clear();
            _changed.UnionWith(_subscriptions.Keys);
        }
    }

    /// <summary>Takes the topics that have changed, each with its subscription, or null if it has none. Empty if none has.
    /// </summary>
    public List<KeyValuePair<string, Subscription?>> TakeChanges()
    {
        lock (_lock)
        {
            List<KeyValuePair<string, Subscription?>> changes = new(_changed.Count);
            foreach (var topic in _changed)
                changes.Add(new(topic, _subscriptions.GetValueOrDefault(topic)));
            _changed.Clear();
            return changes;
        }
    }

    /// <summary>Waits until a topic changes. One caller at a time.</summary>
    public Task WaitForChangesAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource reader;
        lock (_lock)
        {
            if (_changed.Count > 0)
                return Task.CompletedTask;
            _reader = reader = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return reader.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The server has processed these changes.</summary>
    public void Complete(List<KeyValuePair<string, Subscription?>> changes)
    {
        lock (_lock)
        {
            Debug.Assert(_isLinked, "Only a link has changes.");
            foreach (var (_, subscription) in changes)
                subscription?.SetReady();
        }
    }

    /// <summary>Ends a link: callers that subscribe from now on wait for the next one.</summary>
    public void EndLink()
    {
        lock (_lock)
        {
            _isLinked = false;
            _changed.Clear();
            foreach (var subscription in _subscriptions.Values)
                subscription.SetUnready();
        }
    }

    /// <summary>Ends the table: callers that wait, and later ones, get the exception.</summary>
    public void Close(Exception error)
    {
        lock (_lock)
        {
            _end = error;
            foreach (var subscription in _subscriptions.Values)
                subscription.Fail(error);
        }
    }

    private TaskCompletionSource? ChangeLocked(string topic)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "Changes are guarded by the lock.");
        if (!_isLinked)
            return null;
        _changed.Add(topic);
        var reader = _reader;
        _reader = null;
        return reader;
    }
}
