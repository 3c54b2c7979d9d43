namespace Sockeye.Cli.Tests.Netcat;

/// <summary>Each row of docs/netcat.md, with the other program and with the tool: the same peer sees the same.</summary>
public sealed class NetcatTests
{
    public static TheoryData<string, string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var (task, theirs, ours) in NetcatTable.Rows)
                rows.Add(task, theirs, ours);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Row_does_what_it_says_with_both_programs(string task, string theirs, string ours)
    {
        var (expected, scenario) = NetcatScenarios.Get(task);
        foreach (var command in (string[])[theirs, ours])
        {
            await using var run = new NetcatRun();
            Assert.Equal($"{command} -> {expected}", $"{command} -> {await scenario(run, command)}");
        }
    }

    [Fact]
    public void Every_task_has_a_row_and_every_row_has_a_task() =>
        Assert.Equal(NetcatScenarios.Tasks.Order(), NetcatTable.Rows.Select(row => row.Task).Distinct().Order());
}
