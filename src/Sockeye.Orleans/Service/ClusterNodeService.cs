using Microsoft.Extensions.Logging;

namespace Sockeye.Orleans;

/// <summary>Receives the calls of other nodes on one silo, and passes each to the engine of its cluster.</summary>
internal sealed class ClusterNodeService(
    GrainId id, Silo silo, ILoggerFactory loggerFactory, LocalEngines engines, HostedTopics topics,
    IClusterMembershipService membership)
    : GrainService(id, silo, loggerFactory), IClusterNodeService
{
    private Task _watching = Task.CompletedTask;

    public override Task Start()
    {
        _watching = Task.Run(WatchAsync);
        return base.Start();
    }

    public override async Task Stop()
    {
        await base.Stop();
        await _watching;
    }

    public async Task<NodeIdentity?> IntroduceAsync(string cluster, NodeIdentity caller) =>
        engines.TryGet(cluster, out var engine) ? await engine.IntroduceAsync(caller) : null;

    public async Task<bool> DeliverAsync(
        string cluster, NodeIdentity sender, int receiverEpoch, long number, ReadOnlyMemory<byte> batch) =>
        engines.TryGet(cluster, out var engine) && await engine.ReceiveAsync(sender, receiverEpoch, number, batch);

    public Task LeaveAsync(string cluster, NodeIdentity node)
    {
        topics.RemoveEnded(cluster, node);
        if (engines.TryGet(cluster, out var engine))
            engine.OnLeft(node);
        return Task.CompletedTask;
    }

    public async Task<bool> UpdateRoutesAsync(string cluster, PublisherTicket publisher, string topic, RouteList routes) =>
        engines.TryGet(cluster, out var engine) && await engine.UpdateRoutesAsync(publisher, topic, routes);

    public Task RenewTopicAsync(string cluster, string topic, TopicEra lost)
    {
        if (engines.TryGet(cluster, out var engine))
            engine.RenewTopic(topic, lost);
        return Task.CompletedTask;
    }

    public Task<string[]> FindStaleAsync(string cluster, KnownTopic[] known) => Task.FromResult(topics.FindStale(cluster, known));

    private async Task WatchAsync()
    {
        var stopped = StoppedCancellationTokenSource.Token;
        try
        {
            await foreach (var _ in membership.MembershipUpdates.WithCancellation(stopped))
                topics.RemoveDead();
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The silo stops.
        }
    }
}
