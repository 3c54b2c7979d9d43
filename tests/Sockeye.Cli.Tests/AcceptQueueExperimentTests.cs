using System.Text;
using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Netcat;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>The experiment of docs/concepts.md prints what the document says.</summary>
public sealed partial class AcceptQueueExperimentTests
{
    [Fact]
    public async Task Queue_of_three_holds_four_and_the_others_get_in_later()
    {
        Programs.SkipUnlessLinux("this queue");
        Programs.SkipUnlessThere("ss");
        Programs.SkipUnlessThere("nstat");
        Programs.SkipUnlessThere("nc");
        var block = Experiment().Match(File.ReadAllText(Documents.GetPath("concepts.md")));
        await using var server = await ToolProcess.ListenAsync("--echo", "--backlog", "3");
        var script = block.Groups[1].Value.Replace("7000", $"{server.Port}", StringComparison.Ordinal);

        var printed = Lines(Encoding.UTF8.GetString(await Programs.RunAsync("bash", ["-c", script], [])));

        var documented = Lines(block.Groups[2].Value.Replace("7000", $"{server.Port}", StringComparison.Ordinal));
        Assert.Equal(documented.Length, printed.Length);
        Assert.Equal(documented.Where(line => !IsOverflows(line)), printed.Where(line => !IsOverflows(line)));
        // Other listening sockets of this machine may overflow at the same time.
        Assert.True(int.Parse(printed.Single(IsOverflows).Split(' ')[1], null) >= 2);
    }

    private static bool IsOverflows(string line) => line.StartsWith("overflows: ", StringComparison.Ordinal);

    /// <summary>The lines, without the width of their columns.</summary>
    private static string[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Spaces().Replace(line, " ").Trim())];

    [GeneratedRegex(@"<!-- accept-queue:.*?-->\n```sh\n(.*?)```\n.*?```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Experiment();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
