using System.Globalization;
using Sockeye.Comparison.CommandLine;
using Sockeye.Fleet.Nodes;
using Sockeye.Fleet.Processes;
using Sockeye.Fleet.Running;

namespace Sockeye.Fleet.Scenarios;

/// <summary>Holds many members of one group on as many nodes as the descriptor limit asks for, and reaches each of them.</summary>
internal sealed class HeldScenario : IScenario
{
    private const int Lines = 3;

    private static readonly TimeSpan ReachTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ReachInterval = TimeSpan.FromSeconds(2);

    public string Name => "held";

    public string Description => "many members on several nodes, and their memory";

    public async Task RunAsync(FleetRun run, CancellationToken cancellationToken)
    {
        var most = OpenFiles.MaxConnections();
        var nodes = Math.Max(run.Options.Nodes, (run.Options.Held + most - 1) / most);
        var perNode = (run.Options.Held + nodes - 1) / nodes;
        run.Step($"{Name}: {nodes} nodes × {perNode} members; a process may hold {most} connections");
        await using var fleet = await NodeFleet.StartAsync(ServerNames.Sockeye, nodes, run.Time, cancellationToken);
        var before = await fleet.MemoryAsync(cancellationToken);
        var kernelBefore = KernelMemory.ReadTcp();
        var startedAt = run.Time.GetTimestamp();
        List<ChildProcess> clients = [];
        foreach (var node in fleet.Nodes)
        {
            clients.Add(await fleet.AddClientsAsync(cancellationToken));
            await clients[^1].OpenAsync(node, perNode, GroupNames.All, withUsers: false, cancellationToken);
            run.Step($"{Name}: {clients.Count * perNode} connections are open");
        }

        await ReachAsync(run, clients, nodes * perNode, cancellationToken);
        var openedIn = run.Time.GetElapsedTime(startedAt).TotalSeconds;
        var memory = await fleet.MemoryAsync(cancellationToken) - before;
        var kernel = KernelMemory.ReadTcp() - kernelBefore;
        await CheckAsync(run, clients, cancellationToken);
        run.Write(
            "Members held by one group",
            new(
                ["members", "nodes", "RSS B a member", "RSS MiB of all nodes", "TCP memory MiB of the kernel", "opened in s"],
                [[
                    (nodes * perNode).ToString("#,0", CultureInfo.InvariantCulture),
                    nodes.ToString(CultureInfo.InvariantCulture),
                    (memory / (double)(nodes * perNode)).ToString("#,0", CultureInfo.InvariantCulture),
                    (memory / 1048576.0).ToString("#,0", CultureInfo.InvariantCulture),
                    (kernel / 1048576.0).ToString("#,0", CultureInfo.InvariantCulture),
                    openedIn.ToString("0", CultureInfo.InvariantCulture),
                ]]),
            $"Growth of the nodes' resident memory from before the first connection, after each member has received a line, and after "
            + $"a collection of garbage. {Lines} more lines reached each member once.");
    }

    private static async Task ReachAsync(
        FleetRun run, List<ChildProcess> clients, int members, CancellationToken cancellationToken)
    {
        var startedAt = run.Time.GetTimestamp();
        while (true)
        {
            await clients[0].SendAsync(0, cancellationToken);
            await Task.Delay(ReachInterval, run.Time, cancellationToken);
            var reached = 0;
            foreach (var one in clients)
                reached += await one.CountReachedAsync(cancellationToken);
            if (reached == members)
                return;
            if (run.Time.GetElapsedTime(startedAt) > ReachTimeout)
                throw new RunException($"{reached} of {members} members have received a line within {ReachTimeout}.");
        }
    }

    private static async Task CheckAsync(FleetRun run, List<ChildProcess> clients, CancellationToken cancellationToken)
    {
        foreach (var one in clients)
            await one.ExpectAsync(cancellationToken);
        for (var number = 1; number <= Lines; number++)
            await clients[0].SendAsync(number, cancellationToken);
        foreach (var one in clients)
        {
            if ((await one.FinishAsync(Lines, cancellationToken)).Fault is { } fault)
                run.Faults.Add($"held: {fault}");
        }
    }
}
