using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class DoctorTests
{
    private static readonly string[] Verdicts = ["ok", "note", "problem"];

    [Fact]
    public async Task Table_has_verdict_name_and_value_in_columns_and_ends_with_a_summary()
    {
        var result = await ToolProcess.RunAsync(["doctor"]);

        var lines = result.Text.TrimEnd().ReplaceLineEndings("\n").Split('\n');
        var rows = lines.TakeWhile(line => line.Length > 0).ToList();
        var values = rows[0].LastIndexOf(' ') + 1;
        Assert.All(rows, row =>
        {
            Assert.Equal(row.TrimEnd(), row);
            Assert.DoesNotContain('\u001b', row);
            Assert.NotEqual(' ', row[values]);
            Assert.Equal(' ', row[values - 1]);
            if (row[0] != ' ')
                Assert.Contains(row.Split(' ')[0], Verdicts);
        });
        Assert.Matches("^ok +engine +(io_uring|epoll|sockets)$", rows[0]);
        Assert.Matches(@"^Servers can('t)? run well here: \d+ problems?, \d+ notes?\.$", lines[^1]);
        Assert.Empty(result.Errors);
    }

    /// <summary>Between two runs, listeners of other programs come and go, and the findings about them.</summary>
    [Fact]
    public async Task Json_has_the_same_findings_as_the_table()
    {
        List<string> missing;
        var attempts = 0;
        do
        {
            var json = JsonDocument.Parse((await ToolProcess.RunAsync(["doctor", "--json"])).Text).RootElement;
            var table = (await ToolProcess.RunAsync(["doctor"])).Text;
            var findings = json.GetProperty("findings").EnumerateArray().ToList();
            Assert.All(findings, finding => Assert.Contains(finding.GetProperty("verdict").GetString(), Verdicts));
            missing =
            [
                .. findings.Select(finding => finding.GetProperty("name").GetString()!)
                    .Where(name => !table.Contains(name, StringComparison.Ordinal)),
            ];
        }
        while (missing.Count > 0 && ++attempts < 5);

        Assert.Empty(missing);
    }

    [Fact]
    public async Task Too_few_descriptors_are_a_problem_with_a_remedy_and_exit_1()
    {
        var findings = await FindingsUnderAsync(TestEnvironment.WithDescriptors(300), exitCode: 1);

        Assert.Equal(("300", "problem"), findings.Of("descriptors"));
        Assert.Contains("ulimit -n", findings.ExplanationOf("descriptors"), StringComparison.Ordinal);
        Assert.Contains("LimitNOFILE=", findings.ExplanationOf("descriptors"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_without_a_valid_engine_is_a_problem()
    {
        var findings = await FindingsUnderAsync(TestEnvironment.WithVariable("uring"), exitCode: 1);

        Assert.Equal(("none", "problem"), findings.Of("engine"));
        Assert.Contains("SOCKEYE_ENGINE is \"uring\"", findings.ExplanationOf("engine"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Engine_of_the_environment_would_be_selected()
    {
        var findings = await FindingsUnderAsync(TestEnvironment.WithVariable("epoll"));

        Assert.Equal(("epoll", "ok"), findings.Of("engine"));
        Assert.Equal("requested by SOCKEYE_ENGINE=epoll.", findings.ExplanationOf("engine"));
    }

    [Fact]
    public async Task Io_uring_that_is_refused_is_a_note_with_the_reason_and_epoll_would_serve()
    {
        if (Environment.IsPrivilegedProcess)
            Programs.SkipUnlessThere("setpriv");
        var findings = await FindingsUnderAsync(TestEnvironment.WithoutIoUring);

        Assert.Equal(("epoll", "ok"), findings.Of("engine"));
        Assert.Equal(("refused", "note"), findings.Of("io_uring"));
        Assert.Equal(findings.ExplanationOf("io_uring"), findings.ExplanationOf("engine"));
    }

    private static async Task<Findings> FindingsUnderAsync(string shell, int? exitCode = null)
    {
        Programs.SkipUnlessLinux("these limits");
        await using var tool = ToolProcess.StartUnder(shell, "doctor", "--json");
        var json = JsonDocument.Parse(await tool.ReadOutputAsync()).RootElement;
        var code = await tool.ExitAsync();
        Assert.Equal(json.GetProperty("ok").GetBoolean() ? 0 : 1, code);
        if (exitCode is not null)
            Assert.Equal(exitCode, code);
        return new(json.GetProperty("findings"));
    }

    private sealed record Findings(JsonElement All)
    {
        public (string Value, string Verdict) Of(string name) => (Text(name, "value"), Text(name, "verdict"));

        public string ExplanationOf(string name) => Text(name, "explanation");

        private string Text(string name, string property) =>
            All.EnumerateArray().Single(finding => finding.GetProperty("name").GetString() == name)
                .GetProperty(property).GetString()!;
    }
}
