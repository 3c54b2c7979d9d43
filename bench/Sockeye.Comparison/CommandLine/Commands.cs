using System.CommandLine;
using System.CommandLine.Help;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.CommandLine;

/// <summary>The program as a whole: the comparison, and the servers that are children of it.</summary>
internal static class Commands
{
    private const string Name = "Sockeye.Comparison";

    public static Task<int> RunAsync(string[] args) => ProgramRun.RunAsync(Name, Create(args), args);

    public static Command Create(string[] args)
    {
        var root = new Command(Name, "Compares Sockeye with other TCP servers, side by side, in one run.")
        {
            Options.Scenarios, Options.Servers, Options.Baseline, Options.Rounds, Options.Window, Options.WarmUp, Options.Quick,
            Options.Seed, Options.Processors, Options.Load, Options.Json, Options.ReportFolder, Options.Targets, Options.List,
            new HelpOption { Action = new HelpWithExamples() },
            Serve(),
        };
        root.SetAction(parsed => CompareCommand.RunAsync(parsed, args));
        return root;
    }

    private static Command Serve()
    {
        var name = new Argument<string>("name");
        var mode = new Argument<ServerMode>("mode");
        var serve = new Command("serve", "One .NET server: what the program starts itself as.") { name, mode };
        serve.Hidden = true;
        serve.SetAction(parsed => ServeCommand.RunAsync(parsed.GetValue(name)!, parsed.GetValue(mode)));
        return serve;
    }
}
