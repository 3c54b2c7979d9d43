using System.Globalization;
using Sockeye.Comparison.Measuring;
using Sockeye.Fleet.Clients;
using Sockeye.Fleet.Nodes;
using Sockeye.Fleet.Processes;
using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Scenarios;

/// <summary>A chat in one group that has members on all nodes: what a broadcast costs the nodes.</summary>
internal sealed class BroadcastScenario : IScenario
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    public string Name => "broadcast";

    public string Description => "broadcasts to a group with members on all nodes, for a second of the nodes' processor time";

    public async Task RunAsync(FleetRun run, CancellationToken cancellationToken)
    {
        var options = run.Options;
        var members = Math.Min(options.Members, OpenFiles.MaxConnections() / options.Nodes);
        List<(NodeFleet Fleet, ChildProcess Clients, double BytesPerMember)> fleets = [];
        List<Sample> samples = [];
        try
        {
            foreach (var server in options.Servers)
            {
                run.Step($"{Name}: {ServerNames.Title(server)} starts {options.Nodes} nodes × {members} members");
                fleets.Add(await StartAsync(run, server, members, cancellationToken));
            }

            foreach (var (fleet, clients, _) in fleets)
            {
                foreach (var inFlight in options.InFlight)
                    await MeasureAsync(run, fleet, clients, WarmUp, inFlight, 0, cancellationToken);
            }

            for (var round = 0; round < options.Rounds; round++)
            {
                foreach (var inFlight in options.InFlight)
                {
                    foreach (var (fleet, clients, _) in Rotation.Of(fleets, round))
                    {
                        samples.Add(
                            await MeasureAsync(run, fleet, clients, options.Duration, inFlight, round, cancellationToken));
                        run.Step($"{Name}: round {round + 1}, {samples[^1]}");
                    }
                }
            }
        }
        finally
        {
            foreach (var (fleet, _, _) in fleets)
                await fleet.DisposeAsync();
        }

        Report(run, members, samples);
        run.Write(
            "Memory of the nodes for each member",
            new(["server", "RSS KiB a member"], [.. fleets.Select(fleet => (IReadOnlyList<string>)[
                ServerNames.Title(fleet.Fleet.Server), Text(fleet.BytesPerMember / 1024, "0.0")])]));
    }

    private static async Task<(NodeFleet Fleet, ChildProcess Clients, double BytesPerMember)> StartAsync(
        FleetRun run, string server, int members, CancellationToken cancellationToken)
    {
        var fleet = await NodeFleet.StartAsync(server, run.Options.Nodes, run.Time, cancellationToken);
        try
        {
            var before = await fleet.MemoryAsync(cancellationToken);
            var clients = await fleet.AddClientsAsync(cancellationToken);
            foreach (var node in fleet.Nodes)
                await clients.OpenAsync(node, members, GroupNames.All, withUsers: false, cancellationToken);
            await clients.ReachGroupAsync(cancellationToken);
            var after = await fleet.MemoryAsync(cancellationToken);
            return (fleet, clients, (after - before) / (double)(members * fleet.Nodes.Count));
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    private static async Task<Sample> MeasureAsync(
        FleetRun run, NodeFleet fleet, ChildProcess clients, TimeSpan duration, int inFlight, int round,
        CancellationToken cancellationToken)
    {
        var before = CpuSample.Take(fleet, run.Time);
        var result = await clients.SayAsync(round % fleet.Nodes.Count, duration, inFlight, cancellationToken);
        var use = CpuSample.Take(fleet, run.Time).Since(before, run.Time);
        if (result.Fault is { } fault)
            run.Faults.Add($"broadcast, {ServerNames.Title(fleet.Server)}: {fault}");
        return new(fleet.Server, inFlight, result, use);
    }

    private static void Report(FleetRun run, int members, List<Sample> samples)
    {
        var rows = samples.GroupBy(sample => (sample.InFlight, sample.Server)).Select(group =>
        {
            var reference = samples.Where(
                sample => sample.InFlight == group.Key.InFlight && sample.Server == ServerNames.SignalR).ToList();
            return (IReadOnlyList<string>)[
                ServerNames.Title(group.Key.Server),
                Text(group.Key.InFlight, "0"),
                FleetRun.WithQuartiles(group.Select(sample => sample.BroadcastsPerCpuSecond), "0.00"),
                reference.Count == 0 ? "" : Text(
                    Middle(group.Select(sample => sample.BroadcastsPerCpuSecond))
                    / Middle(reference.Select(sample => sample.BroadcastsPerCpuSecond)), "0.00"),
                FleetRun.Median(group.Select(sample => sample.Use.Nodes * 1e6 / sample.Result.Received), "0.00"),
                FleetRun.Median(group.Select(sample => sample.Use.Broker * 1e6 / sample.Result.Sent), "0"),
                FleetRun.Median(group.Select(sample => sample.Use.Clients * 1e6 / sample.Result.Received), "0.00"),
                FleetRun.Median(group.Select(sample => sample.Result.Received / sample.Result.Seconds), "#,0"),
                FleetRun.Median(group.Select(sample => sample.Result.P50 / 1e3), "0"),
                FleetRun.Median(group.Select(sample => sample.Result.P99 / 1e3), "0"),
                FleetRun.Median(group.Select(sample => sample.Result.Bytes / (double)sample.Result.Received), "0"),
                FleetRun.Median(group.Select(sample => sample.Use.Others * 100), "0"),
            ];
        });
        run.Write(
            $"Broadcasts to one group, {run.Options.Nodes} nodes × {members} members",
            new(
                ["server", "in flight", "broadcasts a CPU s", "÷ SignalR", "node CPU µs a delivery", "broker CPU µs a broadcast",
                 "client CPU µs a delivery", "deliveries a s", "p50 ms", "p99 ms", "B a delivery", "other programs %"],
                [.. rows]),
            "CPU of all nodes together, without brokers and clients. In flight: how many lines a node has to deliver at once. The "
            + $"latency counts from sending to the receipt by each member. Each of {samples.Sum(one => one.Result.Received):#,0} "
            + "deliveries was checked.");
    }

    private static double Middle(IEnumerable<double> values) => Spread.FromValues(values)?.Median ?? double.NaN;

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Sample(string Server, int InFlight, LoadResult Result, CpuUse Use)
    {
        public double BroadcastsPerCpuSecond => Result.Sent / Use.Nodes;

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{ServerNames.Title(Server)}, {InFlight} in flight: {BroadcastsPerCpuSecond:0.00} broadcasts a CPU s, {Result.Sent} "
            + $"in {Result.Seconds:0.0} s");
    }
}
