using System.Globalization;
using Sockeye.Fleet.Nodes;
using Sockeye.Fleet.Processes;
using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Scenarios;

/// <summary>Counts the messages that a broker delivers to nodes for one broadcast, with members on some of the nodes.</summary>
/// <remarks>
/// Between two quiet moments, a server has received B broadcasts and A announcements, and has delivered each announcement to the
/// other n − 1 nodes. So broadcasts were delivered out − (in − B) × (n − 1) times. Anything else between nodes makes the result differ
/// from the exact number, which is a fault.
/// </remarks>
internal sealed class RoutingScenario : IScenario
{
    private const int Broadcasts = 200;
    private const int MembersPerNode = 10;

    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);

    public string Name => "routing";

    public string Description => "messages between nodes for one broadcast, members on k of n nodes";

    public async Task RunAsync(FleetRun run, CancellationToken cancellationToken)
    {
        var nodes = run.Options.Nodes;
        run.Step($"{Name}: {nodes} nodes start");
        await using var fleet = await NodeFleet.StartAsync(ServerNames.Sockeye, nodes, run.Time, cancellationToken);
        using var http = new HttpClient();
        List<IReadOnlyList<string>> rows = [];
        for (var with = 1; with <= nodes; with++)
        {
            rows.Add(await MeasureAsync(run, fleet, http, with, isSenderOutside: false, cancellationToken));
            if (with < nodes)
                rows.Add(await MeasureAsync(run, fleet, http, with, isSenderOutside: true, cancellationToken));
        }

        // The heads of the groups are announced with some more beats.
        await Task.Delay(3 * SettleTime, run.Time, cancellationToken);
        var before = await ReadQuietAsync(run, fleet, http, cancellationToken);
        var startedAt = run.Time.GetTimestamp();
        await Task.Delay(run.Options.Duration + SettleTime, run.Time, cancellationToken);
        var idle = await ReadQuietAsync(run, fleet, http, cancellationToken) - before;
        run.Write(
            $"Messages that nats-server delivers to nodes for one broadcast, {nodes} nodes",
            new(["nodes with members", "sender", "broadcasts", "expected", "delivered a broadcast", "B a message"], rows, 2),
            string.Create(
                CultureInfo.InvariantCulture,
                $"Nodes at rest: {idle.InMessages / run.Time.GetElapsedTime(startedAt).TotalSeconds / nodes:0.00} announcements a second and node, of "
                + $"{idle.InBytes / (double)Math.Max(1, idle.InMessages):0} B."));
    }

    private static async Task<IReadOnlyList<string>> MeasureAsync(
        FleetRun run, NodeFleet fleet, HttpClient http, int with, bool isSenderOutside, CancellationToken cancellationToken)
    {
        var nodes = fleet.Nodes.Count;
        var clients = await fleet.AddClientsAsync(cancellationToken);
        var group = $"room-{with}-{(isSenderOutside ? "outside" : "inside")}";
        if (isSenderOutside)
            await clients.OpenAsync(fleet.Nodes[^1], 1, GroupNames.Outside + group, withUsers: false, cancellationToken);
        foreach (var node in fleet.Nodes.Take(with))
            await clients.OpenAsync(node, MembersPerNode, group, withUsers: false, cancellationToken);
        await clients.ReachGroupAsync(cancellationToken);
        await clients.ExpectAsync(cancellationToken);
        // What follows a new group between nodes is over.
        await Task.Delay(SettleTime, run.Time, cancellationToken);

        var before = await ReadQuietAsync(run, fleet, http, cancellationToken);
        for (var number = 1; number <= Broadcasts; number++)
            await clients.SendAsync(number, cancellationToken);
        var result = await clients.FinishAsync(Broadcasts, cancellationToken);
        var traffic = await ReadQuietAsync(run, fleet, http, cancellationToken) - before;

        var expected = isSenderOutside ? with : with - 1;
        var announcements = traffic.InMessages - Broadcasts;
        var delivered = (traffic.OutMessages - announcements * (nodes - 1)) / (double)Broadcasts;
        if (result.Fault is { } fault)
            run.Faults.Add($"routing, members on {with} of {nodes} nodes: {fault}");
        if (delivered != expected)
        {
            run.Faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"routing, members on {with} of {nodes} nodes: {delivered} messages a broadcast, expected {expected}"));
        }

        run.Step($"routing: members on {with} of {nodes} nodes, {delivered} messages a broadcast");
        return
        [
            with.ToString(CultureInfo.InvariantCulture), isSenderOutside ? "on another node" : "on one of them",
            Broadcasts.ToString(CultureInfo.InvariantCulture), expected.ToString(CultureInfo.InvariantCulture),
            delivered.ToString("0.000", CultureInfo.InvariantCulture),
            (traffic.InBytes / (double)traffic.InMessages).ToString("0", CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>Reads the counters when they stand still, so that no message has arrived and not left.</summary>
    private static async Task<NatsTraffic> ReadQuietAsync(
        FleetRun run, NodeFleet fleet, HttpClient http, CancellationToken cancellationToken)
    {
        while (true)
        {
            var first = await NatsTraffic.ReadAsync(http, fleet.Broker.MonitoringPort, cancellationToken);
            await Task.Delay(QuietTime, run.Time, cancellationToken);
            if (first == await NatsTraffic.ReadAsync(http, fleet.Broker.MonitoringPort, cancellationToken))
                return first;
        }
    }
}
