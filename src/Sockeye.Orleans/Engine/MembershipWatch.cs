using System.Numerics;

namespace Sockeye.Orleans;

/// <summary>Follows the membership of the silos: introduces this node to new silos, removes dead ones, and reports whether this
/// node is part of it.</summary>
/// <param name="link">The engine.</param>
/// <param name="peers">The other nodes.</param>
/// <param name="onChanged">Called after each change of the membership.</param>
internal sealed class MembershipWatch(EngineLink link, PeerTable peers, Action onChanged)
{
    private readonly Lock _lock = new();
    private readonly HashSet<SiloAddress> _introduced = [];
    private string? _tableFault;
    private (bool IsConnected, string Detail)? _reported;

    public Task RunAsync() => Task.WhenAll(WatchAsync(), CheckTableAsync());

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var snapshot in link.Membership.MembershipUpdates.WithCancellation(link.Stopping))
            {
                peers.RemoveDead();
                onChanged();
                Introduce(snapshot);
                ReportConnection();
            }
        }
        catch (Exception) when (link.Stopping.IsCancellationRequested)
        {
            return;
        }
        catch (ObjectDisposedException)
        {
            // The silo has ended before the engine.
        }

        Report((false, "the silo of this node has ended"));
    }

    private void Introduce(ClusterMembershipSnapshot snapshot)
    {
        _introduced.RemoveWhere(silo => !snapshot.GetSiloStatus(silo).CanCall);
        if (snapshot.GetSiloStatus(link.Self.Silo) is not SiloStatus.Active)
            return;
        foreach (var member in snapshot.Members.Values)
        {
            if (member.Status is SiloStatus.Active && !member.SiloAddress.Equals(link.Self.Silo)
                && _introduced.Add(member.SiloAddress))
                _ = Task.Run(() => IntroduceAsync(member.SiloAddress));
        }
    }

    /// <summary>Introduces this node to a silo. A silo without a node of the cluster introduces that node when it starts.
    /// </summary>
    private async Task IntroduceAsync(SiloAddress silo)
    {
        for (var failures = 0; link.GetStatus(silo).CanCall && !link.Stopping.IsCancellationRequested;)
        {
            try
            {
                var node = await link.Nodes.On(silo).IntroduceAsync(link.Cluster, link.Self).WaitAsync(link.Stopping);
                if (node is not null)
                    await peers.GetOrAddAsync(node);
                return;
            }
            catch (Exception exception)
            {
                // A failure right after the start of a silo is ordinary; one that stays is logged less and less.
                if (++failures >= 4 && BitOperations.IsPow2(failures) && !link.Stopping.IsCancellationRequested)
                    EngineLog.IntroductionFailed(link.Log, silo.ToString(), failures, exception.Message);
                await link.DelayAsync(failures, link.Stopping).WithoutThrowing();
            }
        }
    }

    /// <summary>Reads the membership table regularly. Without it no node can join, and none can be declared dead.</summary>
    private async Task CheckTableAsync()
    {
        var interval = link.Context.NodeTimeout;
        using var timer = new PeriodicTimer(interval, link.Context.TimeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(link.Stopping))
            {
                var fault = await ReadTableAsync(interval);
                lock (_lock)
                {
                    if (fault is not null && _tableFault is null)
                        EngineLog.TableFailed(link.Log, fault);
                    if (fault is null && _tableFault is not null)
                        EngineLog.TableRecovered(link.Log);
                    _tableFault = fault;
                }

                ReportConnection();
            }
        }
        catch (OperationCanceledException) when (link.Stopping.IsCancellationRequested)
        {
            // The engine stops.
        }
    }

    /// <returns>Null, or the cause of the failure.</returns>
    private async Task<string?> ReadTableAsync(TimeSpan timeout)
    {
        try
        {
            await link.Membership.Refresh(default, link.Stopping).AsTask()
                .WaitAsync(timeout, link.Context.TimeProvider, link.Stopping);
            return null;
        }
        catch (Exception exception) when (!link.Stopping.IsCancellationRequested)
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
    }

    private void ReportConnection()
    {
        var status = link.GetStatus(link.Self.Silo);
        if (status is SiloStatus.ShuttingDown or SiloStatus.Stopping or SiloStatus.Dead)
        {
            Report((false, $"the silo of this node, {link.Self.Silo}, is in the state {status}"));
            return;
        }

        // A silo that starts has not been connected: nothing is to be reported.
        if (status is not SiloStatus.Active)
            return;
        string? fault;
        lock (_lock)
            fault = _tableFault;
        Report(fault is null
            ? (true, $"silo {link.Self.Silo}")
            : (true, $"silo {link.Self.Silo}; no node can join or be declared dead, because the membership table cannot be "
                + $"read: {fault}"));
    }

    private void Report((bool IsConnected, string Detail) state)
    {
        lock (_lock)
        {
            if (_reported == state)
                return;
            _reported = state;
            link.Events.OnConnectionChanged(state.IsConnected, state.Detail);
        }
    }
}
