using System.Text.RegularExpressions;

namespace Sockeye.Cli.Tests.Netcat;

/// <summary>The tables of docs/netcat.md, so that the tests cannot differ from them.</summary>
public static partial class NetcatTable
{
    /// <summary>Each row: the task, the command with another program, and the command with the tool.</summary>
    public static IReadOnlyList<(string Task, string Theirs, string Ours)> Rows { get; } =
    [
        .. File.ReadLines(Documents.GetPath("netcat.md")).Select(line => Row().Match(line)).Where(match => match.Success)
            .Select(match => (match.Groups[1].Value, Unescape(match.Groups[2].Value), Unescape(match.Groups[3].Value))),
    ];

    private static string Unescape(string cell) => cell.Replace("\\|", "|", StringComparison.Ordinal);

    [GeneratedRegex(@"^\| ([^|`]+) \| `(.+)` \| `(.+)` \|$")]
    private static partial Regex Row();
}
