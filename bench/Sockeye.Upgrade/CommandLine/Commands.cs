using System.CommandLine;
using Sockeye.Comparison.CommandLine;
using Sockeye.Upgrade.Nodes;

namespace Sockeye.Upgrade.CommandLine;

/// <summary>The program as a whole: the measurement, and the node that is its child.</summary>
internal static class Commands
{
    private const string Name = "Sockeye.Upgrade";

    public static Task<int> RunAsync(string[] args) => ProgramRun.RunAsync(Name, Create(), args);

    private static RootCommand Create()
    {
        var root = new RootCommand(
            "Upgrades a server many times, process by process, while connections are busy and clients connect all the time. "
            + "Half of the connections send bytes, half typed messages, and each answer is verified. docs/upgrade.md has "
            + "results. Exit codes: 0 done, 1 a connect failed, a connection was lost, an answer was wrong, or the run failed or "
            + "was stopped, 2 wrong use.")
        {
            Options.Engines, Options.Connections, Options.Upgrades, Options.Interval, Options.Markdown, Node(),
        };
        root.SetAction(UpgradeCommand.RunAsync);
        return root;
    }

    private static Command Node()
    {
        var engine = new Argument<string>("engine");
        var ports = new Argument<string>("ports");
        var path = new Argument<string>("path");
        var command = new Command("node", "One server: what the program starts itself as.") { engine, ports, path };
        command.Hidden = true;
        command.SetAction(parsed => NodeCommand.RunAsync(
            parsed.GetValue(engine)!, parsed.GetValue(ports)!, parsed.GetValue(path)!));
        return command;
    }
}
