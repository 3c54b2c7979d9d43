using System.Globalization;
using Sockeye.Comparison.Measuring;
using Sockeye.Fleet.Clients;
using Sockeye.Fleet.Nodes;
using Sockeye.Fleet.Processes;
using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Scenarios;

/// <summary>Clients of one node send lines to users of another node, at a fixed rate.</summary>
internal sealed class AddressedScenario : IScenario
{
    private const int Callers = 64;

    /// <summary>A multiple of the callers, so that each user has one, and its lines have an order.</summary>
    private const int Users = 1024;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public string Name => "addressed";

    public string Description => "the latency of lines to users of another node, at a fixed rate";

    public async Task RunAsync(FleetRun run, CancellationToken cancellationToken)
    {
        var options = run.Options;
        List<(NodeFleet Fleet, ChildProcess Clients)> fleets = [];
        List<Sample> samples = [];
        try
        {
            foreach (var server in options.Servers)
            {
                run.Step($"{Name}: {ServerNames.Title(server)} starts {options.Nodes} nodes");
                fleets.Add(await StartAsync(run, server, cancellationToken));
            }

            foreach (var (fleet, clients) in fleets)
                await MeasureAsync(run, fleet, clients, WarmUp, cancellationToken);
            for (var round = 0; round < options.Rounds; round++)
            {
                foreach (var (fleet, clients) in Rotation.Of(fleets, round))
                {
                    samples.Add(await MeasureAsync(run, fleet, clients, options.Duration, cancellationToken));
                    run.Step($"{Name}: round {round + 1}, {samples[^1]}");
                }
            }
        }
        finally
        {
            foreach (var (fleet, _) in fleets)
                await fleet.DisposeAsync();
        }

        Report(run, samples);
    }

    private static async Task<(NodeFleet Fleet, ChildProcess Clients)> StartAsync(
        FleetRun run, string server, CancellationToken cancellationToken)
    {
        var fleet = await NodeFleet.StartAsync(server, run.Options.Nodes, run.Time, cancellationToken);
        try
        {
            var clients = await fleet.AddClientsAsync(cancellationToken);
            await clients.OpenAsync(fleet.Nodes[0], Callers, GroupNames.None, withUsers: false, cancellationToken);
            await clients.OpenAsync(fleet.Nodes[1], Users, GroupNames.None, withUsers: true, cancellationToken);
            await clients.ReachUsersAsync(cancellationToken);
            return (fleet, clients);
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    private static async Task<Sample> MeasureAsync(
        FleetRun run, NodeFleet fleet, ChildProcess clients, TimeSpan duration, CancellationToken cancellationToken)
    {
        var sendsBefore = await NodeFleet.ReadSendsAsync(fleet.Nodes[0], cancellationToken);
        var before = CpuSample.Take(fleet, run.Time);
        var result = await clients.AddressAsync(run.Options.Rate, duration, cancellationToken);
        var use = CpuSample.Take(fleet, run.Time).Since(before, run.Time);
        var sends = await NodeFleet.ReadSendsAsync(fleet.Nodes[0], cancellationToken) - sendsBefore;
        if (result.Fault is { } fault)
            run.Faults.Add($"addressed, {ServerNames.Title(fleet.Server)}: {fault}; {sends?.Fault ?? "no result says why"}");
        else if (sends?.Fault is { } results)
            run.Faults.Add($"addressed, {ServerNames.Title(fleet.Server)}: all lines arrived, but {results}");
        return new(fleet.Server, result, use, sends);
    }

    private static void Report(FleetRun run, List<Sample> samples)
    {
        var reference = Middle(samples.Where(sample => sample.Server == ServerNames.SignalR));
        var rows = samples.GroupBy(sample => sample.Server).Select(group => (IReadOnlyList<string>)[
            ServerNames.Title(group.Key),
            FleetRun.WithQuartiles(group.Select(sample => sample.Result.P50 / 1e3), "0.00"),
            FleetRun.WithQuartiles(group.Select(sample => sample.Result.P99 / 1e3), "0.00"),
            double.IsNaN(reference) ? "" : (Middle(group) / reference).ToString("0.00", CultureInfo.InvariantCulture),
            FleetRun.Median(group.Select(sample => sample.Result.P100 / 1e3), "0"),
            FleetRun.Median(group.Select(sample => sample.Result.Received / sample.Result.Seconds), "#,0"),
            FleetRun.Median(group.Select(sample => sample.Use.Nodes * 1e6 / sample.Result.Received), "0.0"),
            FleetRun.Median(group.Select(sample => sample.Use.Broker * 1e6 / sample.Result.Received), "0.0"),
            FleetRun.Median(group.Select(sample => sample.Use.Clients * 1e6 / sample.Result.Received), "0.0"),
            FleetRun.Median(group.Select(sample => sample.Use.Others * 100), "0"),
            Total(group, sends => sends.Failed),
            Total(group, sends => sends.Unanswered),
        ]);
        run.Write(
            $"Lines to users of another node, {run.Options.Rate:#,0} a second",
            new(
                ["server", "p50 ms", "p99 ms", "p99 ÷ SignalR", "max ms", "received a s", "node CPU µs a line",
                 "broker CPU µs a line", "client CPU µs a line", "other programs %", "failed", "unanswered"],
                [.. rows]),
            $"From {Callers} connections to {Users} users with one connection each. The latency counts from the time at which a line "
            + "was due to its receipt by the user's client, whatever was late in between (an open load). Failed and unanswered are "
            + "lines whose result says so; SignalR has no results.");
    }

    private static string Total(IEnumerable<Sample> samples, Func<SendCounts, long> count) =>
        samples.All(sample => sample.Sends is not null)
            ? samples.Sum(sample => count(sample.Sends!.Value)).ToString("#,0", CultureInfo.InvariantCulture)
            : "";

    private static double Middle(IEnumerable<Sample> samples) =>
        Spread.FromValues(samples.Select(sample => sample.Result.P99 / 1e3))?.Median ?? double.NaN;

    private sealed record Sample(string Server, LoadResult Result, CpuUse Use, SendCounts? Sends)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{ServerNames.Title(Server)}: p50 {Result.P50 / 1e3:0.00} ms, p99 {Result.P99 / 1e3:0.00} ms");
    }
}
