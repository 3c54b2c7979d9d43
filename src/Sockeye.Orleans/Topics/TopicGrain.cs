using System.Diagnostics;
using Orleans.Concurrency;
using Orleans.Placement;

namespace Sockeye.Orleans;

/// <summary>The grain of one topic.</summary>
/// <remarks>Its calls interleave: a publisher that does not answer delays only the nodes that subscribe. Every answer carries the
/// whole list with a version, so that the order in which they arrive does not matter.</remarks>
[Reentrant, KeepAlive, Immovable, PreferLocalPlacement, GrainType("sockeye-topic")]
internal sealed class TopicGrain(HostedTopics hosted, ClusterNodeClient nodes, IClusterMembershipService membership)
    : Grain, ITopicGrain
{
    private HostedTopic? _topic;

    private TopicMembers Members
    {
        get
        {
            Debug.Assert(_topic is not null, "A grain is activated before its first call.");
            return _topic.Members;
        }
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _topic = hosted.Add(this.GetPrimaryKeyString(), End);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Debug.Assert(_topic is not null, "A grain is activated before it is deactivated.");
        var (cluster, topic) = TopicKey.Split(this.GetPrimaryKeyString());
        hosted.Remove(this.GetPrimaryKeyString(), _topic);
        var calls = Members.GetAll()
            .Select(node => nodes.On(node.Silo).RenewTopicAsync(cluster, topic, Members.Era));
        // A node that does not receive this learns of the loss from the membership, or from its next comparison.
        await Task.WhenAll(calls).WaitAsync(cancellationToken).WithoutThrowing();
    }

    public async Task<TopicReceipt> SubscribeAsync(NodeIdentity node)
    {
        Members.Add(node);
        RemoveDead();
        return new(Members.Era, await NotifyAsync());
    }

    public async Task UnsubscribeAsync(NodeIdentity node)
    {
        Members.Remove(node);
        await NotifyAsync();
        _topic!.EndIfEmpty();
    }

    public Task<RouteList> GetRoutesAsync(PublisherTicket publisher)
    {
        var routes = Members.AddPublisher(publisher);
        RemoveDead();
        return Task.FromResult(routes);
    }

    public Task WithdrawAsync(PublisherTicket publisher)
    {
        Members.RemovePublisher(publisher);
        _topic!.EndIfEmpty();
        return Task.CompletedTask;
    }

    /// <summary>Removes what came from a silo that has died meanwhile: the check after the addition leaves no gap.</summary>
    private void RemoveDead()
    {
        var snapshot = membership.CurrentSnapshot;
        Members.RemoveSilos(silo => snapshot.GetSiloStatus(silo) is SiloStatus.Dead);
    }

    /// <returns>Whether all publishers have confirmed the list.</returns>
    private async Task<bool> NotifyAsync()
    {
        var (routes, outdated) = Members.GetChanges();
        if (outdated.Length == 0)
            return true;
        var (cluster, topic) = TopicKey.Split(this.GetPrimaryKeyString());
        var confirmed = await Task.WhenAll(outdated.Select(NotifyOneAsync));
        return Array.TrueForAll(confirmed, each => each);

        async Task<bool> NotifyOneAsync(PublisherTicket publisher)
        {
            try
            {
                if (await nodes.On(publisher.Node.Silo).UpdateRoutesAsync(cluster, publisher, topic, routes))
                    Members.Confirm(publisher, routes.Version);
                else
                    Members.RemovePublisher(publisher);
                return true;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // A publisher that is gone needs no list; the caller asks again until it is gone or answers.
                return membership.CurrentSnapshot.GetSiloStatus(publisher.Node.Silo) is SiloStatus.Dead;
            }
        }
    }

    private void End() => GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "No node needs the topic."));
}
