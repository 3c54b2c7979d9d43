using System.Diagnostics.Metrics;
using System.Text;
using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests;

public sealed class PrometheusTests
{
    [Fact]
    public void Metrics_show_the_meters_of_sockeye_and_the_server_s_load() => AdminWorld.Run(async world =>
    {
        await using var client = await world.ConnectAsync();
        await client.Transport.Output.WriteAsync(new byte[700], CancellationToken.None);
        await world.PassAsync(1);
        var answer = await world.GetAsync("/metrics");

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Headers["content-type"]);
        Assert.Contains("# TYPE sockeye_server_active_connections gauge\n", answer.Text, StringComparison.Ordinal);
        Assert.Contains("# TYPE sockeye_server_connections_accepted_total counter\n", answer.Text, StringComparison.Ordinal);
        Assert.Contains("# TYPE sockeye_server_connections_limit gauge\n", answer.Text, StringComparison.Ordinal);
        // No name stands there twice, whether from an instrument or from the page.
        var types = answer.Text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).ToList();
        Assert.Equal(types.Distinct(), types);
        Assert.Contains(
            "\nsockeye_server_listening{server_address=\"::\",server_port=\"7000\"} 1\n", answer.Text, StringComparison.Ordinal);
    });

    [Fact]
    public void Metrics_show_the_process_as_dashboards_name_it_and_identify_the_server() => AdminWorld.Run(async world =>
    {
        await world.PassAsync(1);
        var text = (await world.GetAsync("/metrics")).Text;
        foreach (var name in (string[])
            [
                "process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_start_time_seconds ",
                "dotnet_process_memory_working_set_bytes ", "dotnet_gc_heap_total_allocated_bytes_total ",
                "dotnet_gc_last_collection_heap_size_bytes{", "sockeye_server_uptime_seconds ",
            ])
        {
            Assert.Contains($"\n{name}", text, StringComparison.Ordinal);
        }

        Assert.Matches("\nsockeye_server_info\\{engine=\"simulation\",name=\"orders\",runtime=\"[^\"]*\",[^}]*\\} 1\n", text);
    }, options => options.Name = "orders");

    [Theory]
    [InlineData("s", "app_x_seconds_total")]
    [InlineData("By", "app_x_bytes_total")]
    [InlineData("{message}", "app_x_total")]
    [InlineData("1", "app_x_total")]
    [InlineData(null, "app_x_total")]
    public void Counter_is_named_with_its_unit_and_total(string? unit, string expected)
    {
        using var meter = new Meter("names");
        Assert.Equal(expected, PrometheusNames.GetName(meter.CreateCounter<long>("app.x", unit)));
    }

    [Fact]
    public void Gauges_and_histograms_are_named_with_their_unit_alone()
    {
        using var meter = new Meter("names");
        Assert.Equal("app_x", PrometheusNames.GetName(meter.CreateUpDownCounter<long>("app.x", "{connection}")));
        Assert.Equal("app_x_ratio", PrometheusNames.GetName(meter.CreateObservableGauge("app.x", () => 0, "1")));
        Assert.Equal("app_x_seconds", PrometheusNames.GetName(meter.CreateHistogram<double>("app.x", "s")));
    }

    [Fact]
    public void Label_values_are_escaped_and_names_made_legal() => Assert.Equal(
        "{a_b=\"one\\\\ \\\"two\\\" \\n three\",z=\"7\"}",
        PrometheusNames.FormatLabels([new("z", 7), new("gone", null), new("a.b", "one\\ \"two\" \n three")]));

    [Fact]
    public void Label_values_command_no_terminal() => Assert.Equal(
        "{a=\"x\\\\x1B[2J\\n\\\\x0D\\\\u202E\"}", PrometheusNames.FormatLabels([new("a", "x\u001b[2J\n\r\u202e")]));

    [Fact]
    public void Histogram_counts_upwards_over_its_buckets()
    {
        var series = new HistogramSeries("{a=\"b\"}", [1, 5]);
        foreach (var value in (double[])[0.5, 1, 3, 100])
            series.Add(value);
        var text = new PrometheusText();
        text.Histogram("x", series);

        Assert.Equal(
            "x_bucket{a=\"b\",le=\"1\"} 2\nx_bucket{a=\"b\",le=\"5\"} 3\nx_bucket{a=\"b\",le=\"+Inf\"} 4\n"
            + "x_sum{a=\"b\"} 104.5\nx_count{a=\"b\"} 4\n",
            Encoding.UTF8.GetString(text.ToBytes()));
    }

    [Fact]
    public void Same_tags_in_another_order_are_the_same_series_and_too_many_share_one()
    {
        using var meter = new Meter("series");
        var family = new MetricFamily(meter.CreateCounter<long>("x"));
        KeyValuePair<string, object?> a = new("a", 1), b = new("b", "two");
        Assert.Same(family.Find([a, b]), family.Find([b, a]));
        Assert.NotSame(family.Find([a, b]), family.Find([a]));

        for (var i = 0; i < MetricFamily.MaxSeries + 50; i++)
            family.Find([new("a", i)]).Add(1L);
        Assert.Equal(MetricFamily.MaxSeries + 1, family.Series.Count());
        Assert.Contains(family.Series, series => series is { Labels: "{overflow=\"true\"}", Value: > 40 });
    }

    [Fact]
    public void Counting_a_known_series_allocates_nothing()
    {
        using var meter = new Meter("Sockeye.Allocating");
        var counter = meter.CreateCounter<long>("sockeye.allocating");
        using var collector = new MetricCollector();
        KeyValuePair<string, object?> tag = new("network.io.direction", "receive"), port = new("server.port", (object)7000);
        for (var i = 0; i < 1000; i++)
            counter.Add(1, tag, port);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            counter.Add(1, tag, port);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        double counted = 0;
        collector.Read(family => counted += family.Name == "sockeye_allocating_total" ? family.Series.Single().Value : 0);
        Assert.Equal(2000, counted);
    }

    [Fact]
    public void Observed_instruments_are_read_each_time_and_added_up_where_tags_are_the_same()
    {
        using var meter = new Meter("Sockeye.Observed");
        meter.CreateObservableUpDownCounter<long>("sockeye.observed", () => [new(2), new(3)]);
        using var collector = new MetricCollector();
        for (var i = 0; i < 3; i++)
        {
            double value = 0;
            collector.Read(family => value += family.Name == "sockeye_observed" ? family.Series.Single().Value : 0);
            Assert.Equal(5, value);
        }
    }

    [Fact]
    public void Prometheus_own_checker_finds_nothing_wrong()
    {
        var text = "";
        AdminWorld.Run(async world =>
        {
            await (await world.ConnectAsync()).DisposeAsync();
            await world.PassAsync(1);
            text = (await world.GetAsync("/metrics")).Text;
        });
        using var promtool = Programs.Start("promtool", "prometheus", "check", "metrics");
        promtool.StandardInput.Write(text);
        promtool.StandardInput.Close();
        var complaints = promtool.StandardOutput.ReadToEnd() + promtool.StandardError.ReadToEnd();
        promtool.WaitForExit();

        Assert.True(promtool.ExitCode == 0, complaints);
        Assert.Equal("", complaints);
    }
}
