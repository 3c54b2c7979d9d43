using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>Whether this node receives the messages of other nodes for a group: while the group has members here, and for a
/// moment afterwards, so that members that come and go cost no subscriptions. Safe to call from any thread.</summary>
internal sealed class GroupInterest(ClusterLink link, NodeTable nodes, string topic)
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Task _subscription = Task.CompletedTask;
    private int _users;
    private long _unusedSince;
    private bool _isWanted;

    /// <summary>Whether messages are delivered.</summary>
    public bool IsWanted
    {
        get
        {
            lock (_lock)
                return _isWanted;
        }
    }

    /// <summary>The clock of events when other nodes began to send to this one; null before.</summary>
    public long? ActiveSince
    {
        get
        {
            lock (_lock)
                return field;
        }
        private set;
    }

    /// <summary>Adds a member or another user.</summary>
    public void Acquire()
    {
        lock (_lock)
        {
            _users++;
            if (_isWanted)
                return;
            _isWanted = true;
            _subscription = SubscribeAsync();
        }
    }

    public void Release()
    {
        lock (_lock)
        {
            Debug.Assert(_users > 0, "Each user releases once.");
            if (--_users == 0)
                _unusedSince = link.Time.GetTimestamp();
        }
    }

    /// <summary>Completes when other nodes send to this one, or after a time.</summary>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        Task subscription;
        lock (_lock)
            subscription = _subscription;
        try
        {
            await subscription.WaitAsync(timeout, link.Time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The engine is away, or has failed, which is logged: members receive what this node has.
        }
    }

    /// <summary>Ends the interest if it was unused for a while, and subscribes again after a failure.</summary>
    /// <returns>True if the interest ends now.</returns>
    public bool Check()
    {
        lock (_lock)
        {
            if (!_isWanted)
                return false;
            if (_users > 0 || link.Since(_unusedSince) < Linger)
            {
                if (_subscription.IsFaulted)
                    _subscription = SubscribeAsync();
                return false;
            }

            (_isWanted, ActiveSince) = (false, null);
            link.Engine.Unsubscribe(topic);
            return true;
        }
    }

    private async Task SubscribeAsync()
    {
        try
        {
            await link.Engine.SubscribeAsync(topic, link.Stopping);
        }
        catch (Exception error) when (!link.Stopping.IsCancellationRequested && error is not OutOfMemoryException)
        {
            ClusterLog.SubscribeFailed(link.Logger, topic, error);
            throw;
        }

        lock (_lock)
        {
            if (_isWanted)
                ActiveSince ??= nodes.Clock;
        }
    }
}
