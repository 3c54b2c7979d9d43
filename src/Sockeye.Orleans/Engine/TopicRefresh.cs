namespace Sockeye.Orleans;

/// <summary>Compares regularly what this node knows of topics with what the silos know that host their grains: one call for each
/// silo. Repairs what a lost call has left behind.</summary>
internal sealed class TopicRefresh(EngineLink link, SubscriptionTable subscriptions, RouteTable routes)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>The number of topics in one call.</summary>
    private const int MaxTopics = 1000;

    public async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, link.Context.TimeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(link.Stopping))
                await RefreshAsync();
        }
        catch (OperationCanceledException) when (link.Stopping.IsCancellationRequested)
        {
            // The engine stops.
        }
    }

    public async Task RefreshAsync()
    {
        routes.Refresh();
        var held = subscriptions.GetHeld().Select(each => (each.Era, Known: new KnownTopic(each.Topic, each.Era.Number, null)));
        var kept = routes.All
            .Select(each => (each.Topic, each.List))
            .Where(each => each.List is not null)
            .Select(each => (each.List!.Era, Known: new KnownTopic(each.Topic, each.List.Era.Number, each.List.Version)));
        foreach (var host in held.Concat(kept).GroupBy(each => each.Era.Host, each => each.Known))
        {
            foreach (var known in host.Chunk(MaxTopics))
                await CompareAsync(host.Key, known);
        }
    }

    private async Task CompareAsync(SiloAddress host, KnownTopic[] known)
    {
        try
        {
            var stale = await link.Nodes.On(host).FindStaleAsync(link.Cluster, known).WaitAsync(link.Stopping);
            foreach (var topic in known.Where(each => stale.Contains(each.Topic, StringComparer.Ordinal)))
            {
                var era = new TopicEra(host, topic.EraNumber);
                if (topic.Version is null)
                    subscriptions.Renew(topic.Topic, era);
                else
                    routes.Renew(topic.Topic, era);
            }
        }
        catch (Exception exception) when (!link.Stopping.IsCancellationRequested)
        {
            // The next refresh repeats it; a host that is gone is found by the membership.
            link.LogTopicFailure(known[0].Topic, exception);
        }
    }
}
