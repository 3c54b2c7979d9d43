using Sockeye.Clustering;

namespace Sockeye.Orleans;

/// <summary>An engine between its start and its end.</summary>
internal sealed class RunningEngine
{
    /// <summary>The number of calls to grains of topics that one node makes at the same time.</summary>
    private const int MaxTopicCalls = 64;

    /// <summary>The time that a node has to send what its queues hold, and the time that it has to say that it ends.</summary>
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(1);

    private readonly EngineLink _link;
    private readonly LocalEngines _engines;
    private readonly CancellationTokenSource _stopping;
    private readonly PeerTable _peers;
    private readonly RouteTable _routes;
    private readonly SubscriptionTable _subscriptions;
    private readonly MembershipWatch _membership;
    private readonly TopicRefresh _refresh;
    private Task _running = Task.CompletedTask;
    private bool _isStopped;

    /// <param name="link">The context that the parts share.</param>
    /// <param name="engines">The engines of the silo.</param>
    /// <param name="stopping">The source of the token of <paramref name="link"/>.</param>
    public RunningEngine(EngineLink link, LocalEngines engines, CancellationTokenSource stopping)
    {
        _link = link;
        _engines = engines;
        _stopping = stopping;
        var calls = new SemaphoreSlim(MaxTopicCalls);
        _peers = new(link, peer => _routes!.Remove(peer));
        _routes = new(link, _peers, calls);
        _subscriptions = new(link, calls);
        _membership = new(link, _peers, RenewLost);
        _refresh = new(link, _subscriptions, _routes);
    }

    /// <exception cref="InvalidOperationException">The silo has an engine for the cluster.</exception>
    public void Start()
    {
        _engines.Add(_link.Cluster, this);
        EngineLog.Started(_link.Log, _link.Self.ToNode().ToString(), _link.Cluster, _link.Self.Silo.ToString());
        _running = Task.WhenAll(Task.Run(_membership.RunAsync), Task.Run(_refresh.RunAsync));
    }

    public Task SubscribeAsync(string topic, CancellationToken cancellationToken) =>
        _subscriptions.SubscribeAsync(topic, cancellationToken);

    public void Unsubscribe(string topic) => _subscriptions.Unsubscribe(topic);

    public bool TryPublish(string topic, ReadOnlySpan<byte> frame) =>
        !Volatile.Read(ref _isStopped) && _routes.TryPublish(topic, frame);

    public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame) =>
        !Volatile.Read(ref _isStopped) && (_peers.Find(node)?.TryEnqueue(0, frame) ?? true);

    public bool TryAnnounce(ReadOnlySpan<byte> frame)
    {
        var isWhole = !Volatile.Read(ref _isStopped);
        foreach (var peer in _peers.All)
            isWhole &= peer.TryEnqueue(0, frame);
        return isWhole;
    }

    public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) =>
        _routes.WaitForSpaceAsync(topic, cancellationToken);

    public ClusterEngineQueues GetQueues()
    {
        var (sending, waiting) = (_peers.GetQueues(), _routes.GetQueues());
        return new(
            sending.Frames + waiting.Frames, sending.Bytes + waiting.Bytes, sending.DroppedFrames + waiting.DroppedFrames);
    }

    /// <summary>Answers another node that introduces itself.</summary>
    public async Task<NodeIdentity> IntroduceAsync(NodeIdentity caller)
    {
        await _peers.GetOrAddAsync(caller);
        return _link.Self;
    }

    /// <summary>Reports the frames of another node, on the thread pool: frames of different nodes at the same time.</summary>
    /// <returns>False if they are for an earlier node on this silo.</returns>
    public async Task<bool> ReceiveAsync(NodeIdentity sender, int receiverEpoch, long number, ReadOnlyMemory<byte> batch)
    {
        if (receiverEpoch != _link.Self.Epoch)
            return false;
        if (await _peers.GetOrAddAsync(sender) is { } peer)
            await Task.Run(() => peer.Receive(number, batch));
        return true;
    }

    public void OnLeft(NodeIdentity node) => _peers.Remove(node);

    public Task<bool> UpdateRoutesAsync(PublisherTicket ticket, string topic, RouteList routes) =>
        _routes.UpdateAsync(ticket, topic, routes);

    /// <summary>Takes a topic to another activation of its grain.</summary>
    public void RenewTopic(string topic, TopicEra lost)
    {
        _subscriptions.Renew(topic, lost);
        _routes.Renew(topic, lost);
    }

    /// <summary>Sends what the queues hold, and leaves the cluster. Both have a time limit.</summary>
    public async Task StopAsync()
    {
        Volatile.Write(ref _isStopped, true);
        _subscriptions.Close();
        _routes.Close();
        var peers = _peers.Close();
        foreach (var peer in peers)
            peer.Complete();
        await WaitAsync(Task.WhenAll(peers.Select(peer => peer.Sending)));
        await WaitAsync(LeaveAsync());
        // Only now: a call that finds no engine says that the node has ended, and its frames on the way would be dropped.
        _engines.Remove(_link.Cluster, this);
        foreach (var peer in peers)
            peer.Dispose();
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();

        Task WaitAsync(Task task) => Task.WhenAny(task, Task.Delay(LeaveTimeout, _link.Context.TimeProvider));
    }

    /// <summary>Reports the end of this node to all silos: each may host a grain that knows it.</summary>
    private Task LeaveAsync()
    {
        if (!_link.GetStatus(_link.Self.Silo).CanCall)
            return Task.CompletedTask;
        var calls = _link.Membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status.CanCall)
            .Select(member => LeaveOneAsync(member.SiloAddress));
        return Task.WhenAll(calls);

        async Task LeaveOneAsync(SiloAddress silo)
        {
            // A silo that does not receive this learns of the end from the membership.
            await _link.Nodes.On(silo).LeaveAsync(_link.Cluster, _link.Self).WithoutThrowing();
        }
    }

    private void RenewLost()
    {
        _subscriptions.Renew(IsLost);
        _routes.Renew(IsLost);
    }

    private bool IsLost(TopicEra era) => !_link.GetStatus(era.Host).CanCall;
}
