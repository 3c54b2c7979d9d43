using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests.Monitoring;

/// <summary>The alert rules are valid, and each fires where it should, by Prometheus' own tool.</summary>
public sealed class AlertRuleTests
{
    [Fact]
    public void Rules_are_valid() => Run("check", "rules", DashboardFiles.Rules);

    [Fact]
    public void Each_alert_fires_where_it_should_and_stays_silent_beside_it() => Run("test", "rules", DashboardFiles.RuleTests);

    [Fact]
    public void Each_alert_has_a_test_and_a_line_in_the_documentation()
    {
        var tests = File.ReadAllText(DashboardFiles.RuleTests);
        var page = File.ReadAllText(Path.Combine(DashboardFiles.Root, "docs", "dashboards.md"));

        Assert.NotEmpty(DashboardFiles.AlertNames);
        Assert.All(DashboardFiles.AlertNames, name =>
        {
            Assert.Contains($"alertname: {name}\n        exp_alerts:", tests, StringComparison.Ordinal);
            Assert.Contains($"| `{name}` |", page, StringComparison.Ordinal);
        });
    }

    private static void Run(params string[] arguments)
    {
        using var promtool = Programs.Start("promtool", "prometheus", arguments);
        promtool.StandardInput.Close();
        var errors = promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = promtool.StandardOutput.ReadToEnd();
        promtool.WaitForExit();

        Assert.True(promtool.ExitCode == 0, output + errors.Result);
    }
}
