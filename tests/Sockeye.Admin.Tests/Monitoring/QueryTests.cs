using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Sockeye.Admin.Tests.Monitoring;

/// <summary>A real Prometheus that scrapes a server under load finds what the dashboard shows and the alert rules read.</summary>
public sealed class QueryTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(90);

    /// <summary>The metrics of conditions that this load does not bring about: they appear with the first failure.</summary>
    private static readonly string[] OfFailures =
    [
        "sockeye_broadcast_dropped_total", "sockeye_cluster_missed_total", "sockeye_server_accept_failures_total",
        "sockeye_server_accept_held_total", "sockeye_server_connections_shed_total",
    ];

    [Fact]
    public async Task No_panel_is_empty_and_no_rule_reads_a_metric_that_does_not_exist()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The accept queue, which a panel shows, is visible on Linux only.");
        var instruments = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) => instruments[PrometheusNames.GetName(instrument)] = true,
        };
        listener.Start();
        await using var server = await LoadedServer.StartAsync();
        await using var load = new Load(server);
        await using var prometheus = await PrometheusServer.StartAsync(server.Target);
        var begun = TimeProvider.System.GetTimestamp();
        var empty = DashboardFiles.Queries.ToList();
        for (var round = 1; empty.Count > 0; round++)
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(begun) < WaitLimit,
                $"Empty: {string.Join(", ", empty.Select(query => $"{query.Panel} ({query.Expression})"))}");
            await load.RunOnceAsync();
            server.ChangeSettings(maxConnections: 1000 + round);
            foreach (var query in empty.ToList())
            {
                if (await ShowsAsync(prometheus, query))
                    empty.Remove(query);
            }
        }

        var rules = await prometheus.GetRulesAsync();
        Assert.Equal(DashboardFiles.AlertNames, rules.Select(rule => rule.Name));
        Assert.All(rules, rule => Assert.True(rule.Health == "ok", $"{rule.Name}: {rule.Error}"));
        await AssertMetricsExistAsync(prometheus, [.. rules.Select(rule => rule.Expression)]);
        // They are drawn as 0 until the first failure, so a misspelled name would show nothing forever.
        Assert.All(OfFailures, name => Assert.Contains(name, instruments.Keys));
    }

    private static async Task<bool> ShowsAsync(PrometheusServer prometheus, PanelQuery query)
    {
        var expression = query.Expression.Replace("$__rate_interval", "10s", StringComparison.Ordinal)
            .Replace("$instance", ".*", StringComparison.Ordinal);
        Assert.DoesNotContain("$", expression, StringComparison.Ordinal);
        var found = await prometheus.QueryAsync(expression);
        var labels = DashboardFiles.LabelsOf(query);
        return found.Count > 0 && found.All(series => labels.All(series.Labels.ContainsKey));
    }

    private static async Task AssertMetricsExistAsync(PrometheusServer prometheus, IReadOnlyList<string> rules)
    {
        var metrics = rules.Concat(DashboardFiles.Queries.Select(query => query.Expression))
            .SelectMany(DashboardFiles.MetricsIn).Distinct(StringComparer.Ordinal).Except(OfFailures, StringComparer.Ordinal);
        foreach (var metric in metrics)
            Assert.True((await prometheus.QueryAsync(metric)).Count > 0, $"There is no metric {metric}.");
    }
}
