using System.Globalization;
using Sockeye.Comparison.CommandLine;
using Sockeye.Fleet.Nodes;
using Sockeye.Fleet.Processes;
using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Scenarios;

/// <summary>Kills a node, and measures when each other node reports it as lost, with the default options.</summary>
internal sealed class DeathScenario : IScenario
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public string Name => "death";

    public string Description => "the time until the other nodes notice a node that was killed (SIGKILL)";

    public async Task RunAsync(FleetRun run, CancellationToken cancellationToken)
    {
        run.Step($"{Name}: {run.Options.Nodes} nodes start");
        await using var fleet = await NodeFleet.StartAsync(
            ServerNames.Sockeye, run.Options.Nodes, run.Time, cancellationToken);
        var random = new Random(run.Options.Seed);
        List<double> seconds = [];
        for (var kill = 0; kill < run.Options.Rounds; kill++)
        {
            // At any moment between two beats.
            await Task.Delay(TimeSpan.FromSeconds(random.NextDouble()), run.Time, cancellationToken);
            var victim = fleet.Nodes[^1];
            var killedAt = run.Time.GetTimestamp();
            await fleet.KillAsync(victim);
            foreach (var node in fleet.Nodes)
                seconds.Add(await WaitForLossAsync(run, node, victim.Name, killedAt, cancellationToken));
            run.Step($"{Name}: kill {kill + 1}, noticed after {seconds[^1]:0.00} s");
            if (kill + 1 < run.Options.Rounds)
            {
                await fleet.AddNodeAsync($"next-{kill + 1}", cancellationToken);
                await fleet.WaitForNodesAsync(cancellationToken);
            }
        }

        run.Write(
            "Time until another node reports a killed node",
            new(
                ["nodes", "kills", "reports", "median s", "min s", "max s"],
                [[
                    run.Options.Nodes.ToString(CultureInfo.InvariantCulture),
                    run.Options.Rounds.ToString(CultureInfo.InvariantCulture),
                    seconds.Count.ToString(CultureInfo.InvariantCulture), FleetRun.Median(seconds, "0.00"),
                    seconds.Min().ToString("0.00", CultureInfo.InvariantCulture),
                    seconds.Max().ToString("0.00", CultureInfo.InvariantCulture),
                ]]),
            "Default options: a beat each second, and a node timeout of 4 s.");
    }

    private static async Task<double> WaitForLossAsync(
        FleetRun run, FleetNode node, string victim, long killedAt, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Timeout, run.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            while (true)
            {
                if (await node.Process.Events.ReadAsync(both.Token) is var line
                    && line.Split(' ') is [nameof(ClusterNodeChangeKind.Lost), var name, var at] && name == victim)
                    return run.Time.GetElapsedTime(killedAt, long.Parse(at, CultureInfo.InvariantCulture)).TotalSeconds;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RunException($"{node.Name} has not reported the loss of {victim} within {Timeout.TotalSeconds:0} s.");
        }
    }
}
