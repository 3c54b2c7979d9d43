using System.CommandLine;
using Sockeye.Comparison.CommandLine;
using Sockeye.Upgrade.Nodes;

namespace Sockeye.Upgrade.CommandLine;

/// <summary>The options of the command line.</summary>
internal static class Options
{
    public static readonly Option<string[]?> Engines = OptionValues.Names(
        "--engine", $"Only these: {string.Join(", ", Engine.All)}. Default: all.", Engine.All);

    public static readonly Option<int?> Connections = OptionValues.Number(
        "--connections", "Busy connections. Default 2000.", 2, 1_000_000);

    public static readonly Option<int?> Upgrades = OptionValues.Number(
        "--upgrades", "Upgrades of each engine. Default 20.", 1, 100_000);

    public static readonly Option<int?> Interval = OptionValues.Number(
        "--interval", "Milliseconds between an answer and the next request of a connection. Default 200.", 0, 60_000);

    public static readonly Option<bool> Markdown = new("--markdown") { Description = "Print the table as Markdown." };
}
