using System.CommandLine;
using Sockeye.Comparison.CommandLine;
using Sockeye.Fleet.Clients;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.CommandLine;

/// <summary>The program as a whole: the measurements, and the nodes and clients that are children of it.</summary>
internal static class Commands
{
    private const string Name = "Sockeye.Fleet";

    public static Task<int> RunAsync(string[] args) => ProgramRun.RunAsync(Name, Create(), args);

    public static Command Create()
    {
        var root = new RootCommand(
            "Measures clusters of Sockeye on NATS beside SignalR with its Redis backplane: several processes on this machine. "
            + "docs/scale.md explains each figure. Exit codes: 0 done, 1 a line was lost or doubled, or the run failed or was "
            + "stopped, 2 wrong use.")
        {
            Options.Scenarios, Options.Servers, Options.Rounds, Options.Nodes, Options.Members, Options.InFlight, Options.Duration,
            Options.Rate, Options.Held, Options.Seed, Options.Markdown, Node(), Clients(),
        };
        root.SetAction(MeasureCommand.RunAsync);
        return root;
    }

    private static Command Node()
    {
        var server = new Argument<string>("server");
        var name = new Argument<string>("name");
        var broker = new Argument<string>("broker");
        var command = new Command("node", "One node: what the program starts itself as.") { server, name, broker };
        command.Hidden = true;
        command.SetAction(parsed => NodeCommand.RunAsync(
            parsed.GetValue(server)!, parsed.GetValue(name)!, parsed.GetValue(broker)!, TimeProvider.System));
        return command;
    }

    private static Command Clients()
    {
        var server = new Argument<string>("server");
        var command = new Command("clients", "Clients of one contestant: what the program starts itself as.") { server };
        command.Hidden = true;
        command.SetAction(parsed => ClientsCommand.RunAsync(parsed.GetValue(server)!, TimeProvider.System));
        return command;
    }
}
