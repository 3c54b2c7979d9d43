using System.Globalization;
using Sockeye.Comparison.CommandLine;
using Sockeye.Fleet.Clients;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.Processes;

/// <summary>The nodes of one contestant, each a process, their broker, and clients.</summary>
internal sealed class NodeFleet : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly List<FleetNode> _nodes = [];
    private readonly List<ChildProcess> _clients = [];

    private NodeFleet(string server, Broker broker, TimeProvider time) => (Server, Broker, _time) = (server, broker, time);

    public string Server { get; }

    public Broker Broker { get; }

    public IReadOnlyList<FleetNode> Nodes => _nodes;

    public static async Task<NodeFleet> StartAsync(string server, int nodes, TimeProvider time, CancellationToken cancellationToken)
    {
        var broker = await (ServerNames.IsSockeye(server)
            ? Broker.StartNatsAsync(time, cancellationToken)
            : Broker.StartRedisAsync(time, cancellationToken));
        var fleet = new NodeFleet(server, broker, time);
        try
        {
            var ready = Enumerable.Range(1, nodes).Select(number => fleet.AddNodeAsync($"node-{number}", cancellationToken));
            await Task.WhenAll(ready.ToList());
            await fleet.WaitForNodesAsync(cancellationToken);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    public async Task<FleetNode> AddNodeAsync(string name, CancellationToken cancellationToken)
    {
        var process = ChildProcess.Start($"{Server} {name}", _time, "node", Server, name, Broker.Address);
        var node = new FleetNode(name, process);
        _nodes.Add(node);
        var answer = await process.ReadAsync(NodeCommand.Port, StartTimeout, cancellationToken);
        node.Port = int.Parse(answer[NodeCommand.Port.Length..], CultureInfo.InvariantCulture);
        return node;
    }

    /// <summary>Waits until each node sees all others, where nodes do.</summary>
    public async Task WaitForNodesAsync(CancellationToken cancellationToken)
    {
        var startedAt = _time.GetTimestamp();
        foreach (var node in _nodes)
        {
            while (true)
            {
                var answer = await node.Process.AskAsync(NodeCommand.Others, StartTimeout, cancellationToken);
                if (answer[NodeCommand.Others.Length..].Trim() is var others
                    && (others.Length == 0 || int.Parse(others, CultureInfo.InvariantCulture) == _nodes.Count - 1))
                    break;
                if (_time.GetElapsedTime(startedAt) > StartTimeout)
                    throw new RunException($"{node.Name} sees {others} of {_nodes.Count - 1} other nodes after {StartTimeout}.");
                await Task.Delay(PollInterval, _time, cancellationToken);
            }
        }
    }

    public async Task<ChildProcess> AddClientsAsync(CancellationToken cancellationToken)
    {
        var process = ChildProcess.Start($"the clients of {Server}", _time, "clients", Server);
        _clients.Add(process);
        await process.ReadAsync(ClientsCommand.Ready, StartTimeout, cancellationToken);
        return process;
    }

    /// <summary>Processor time of all nodes together.</summary>
    public TimeSpan NodeTime() => TimeSpan.FromTicks(_nodes.Sum(node => node.Process.ProcessorTime().Ticks));

    public TimeSpan ClientTime() => TimeSpan.FromTicks(_clients.Sum(clients => clients.ProcessorTime().Ticks));

    /// <summary>Memory of all nodes together in bytes, after a collection of garbage in each.</summary>
    public async Task<long> MemoryAsync(CancellationToken cancellationToken)
    {
        foreach (var node in _nodes)
            await node.Process.AskAsync(NodeCommand.Collect, StartTimeout, cancellationToken);
        return _nodes.Sum(node => node.Process.Memory());
    }

    /// <summary>Returns the results of the lines that a node has sent to users; null if it learns of none.</summary>
    public static async Task<SendCounts?> ReadSendsAsync(FleetNode node, CancellationToken cancellationToken)
    {
        var answer = await node.Process.AskAsync(NodeCommand.Sends, StartTimeout, cancellationToken);
        return answer[NodeCommand.Sends.Length..].Trim() is { Length: > 0 } counts ? SendCounts.Parse(counts) : null;
    }

    /// <summary>Ends a node as a crash does.</summary>
    public async Task KillAsync(FleetNode node)
    {
        node.Process.Kill();
        _nodes.Remove(node);
        await node.Process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_clients.Select(clients => clients.DisposeAsync().AsTask()));
        await Task.WhenAll(_nodes.Select(node => node.Process.DisposeAsync().AsTask()));
        await Broker.DisposeAsync();
    }
}
