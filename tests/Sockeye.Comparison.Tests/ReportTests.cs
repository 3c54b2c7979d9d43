using System.Text.Json;
using System.Xml.Linq;
using Sockeye.Comparison.Reporting;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Targets;

namespace Sockeye.Comparison.Tests;

public sealed class ReportTests
{
    [Fact]
    public void Columns_of_text_stand_below_each_other()
    {
        var table = new Table(["server", "µs"], [["Kestrel", "12.00"], ["C", "4.10"]]);

        Assert.Equal(
            """
            server      µs
            -------  -----
            Kestrel  12.00
            C         4.10

            """,
            table.ToText());
    }

    [Fact]
    public void Markdown_and_html_escape_what_they_would_take_for_their_own()
    {
        var table = new Table(["a", "b"], [["x|y", "<1 & 2>"]]);

        Assert.Equal("| a | b |\n| --- | ---: |\n| x\\|y | <1 & 2> |\n", table.ToMarkdown());
        Assert.Contains("<td class=\"text\">x|y</td><td>&lt;1 &amp; 2&gt;</td>", table.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void Table_has_medians_quartiles_and_ratios()
    {
        var table = ScenarioTable.Create(TestResults.Result(
            "ping-64",
            TestResults.Row("sockeye-sockets", 6, 5, 7),
            TestResults.Row("kestrel", 10),
            TestResults.Row("c-epoll", 4)));

        Assert.Equal(["server", "CPU µs", "(quartiles)", "÷ Kestrel", "÷ C epoll"], table.Head.Take(5));
        Assert.Equal(["Sockeye portable", "6.00", "(5.50–6.50)", "0.60", "1.50"], table.Rows[0].Take(5));
    }

    [Fact]
    public void Reference_that_was_not_measured_has_no_column()
    {
        var missing = TestResults.Row("kestrel");
        missing.Problem = "skipped: no runtime";

        var result = TestResults.Result("ping-64", TestResults.Row("c-epoll", 4), missing);

        Assert.DoesNotContain("÷ Kestrel", ScenarioTable.Create(result).Head);
        Assert.Single(ScenarioTable.Create(result).Rows);
        Assert.Equal(["Kestrel: skipped: no runtime."], ScenarioTable.Notes(result));
    }

    [Fact]
    public void Row_with_a_baseline_has_its_ratio_to_it()
    {
        var baseline = TestResults.Row("sockeye-epoll", 4);

        var table = ScenarioTable.Create(TestResults.Result(
            "ping-64",
            TestResults.Row("sockeye-epoll", 6),
            new(baseline.Contestant.AsBaseline("old"), baseline.Mode, NamesMode: false) { Windows = { baseline.Windows[0] } },
            TestResults.Row("kestrel", 10)));

        Assert.Equal(["server", "CPU µs", "(quartiles)", "÷ baseline", "÷ Kestrel"], table.Head.Take(5));
        Assert.Equal(["1.50", "", ""], table.Rows.Select(row => row[3]));
        Assert.Equal(["0.60", "0.40", "1.00"], table.Rows.Select(row => row[4]));
    }

    [Fact]
    public void Row_whose_rate_is_the_generators_is_marked()
    {
        var result = TestResults.Result(
            "ping-64", TestResults.RowWithLoad(0.99, "c-epoll", 4), TestResults.RowWithLoad(0.90, "go", 4));

        Assert.Equal(["C epoll *", "Go net"], ScenarioTable.Create(result).Rows.Select(row => row[0]));
        Assert.StartsWith("* The load generator was the bottleneck of C epoll:", Assert.Single(ScenarioTable.Notes(result)));
    }

    [Fact]
    public void Other_programs_that_ran_meanwhile_are_noted()
    {
        var row = TestResults.Row("go", 4);
        row.Windows[0] = row.Windows[0] with { AllCpuSeconds = 1.1 };

        Assert.StartsWith(
            "Other programs had 30% of the two", Assert.Single(ScenarioTable.Notes(TestResults.Result("ping-64", row))));
    }

    [Fact]
    public void Servers_with_the_same_trouble_share_a_note()
    {
        RowResult[] rows = [TestResults.Row("sockeye-uring"), TestResults.Row("sockeye-epoll"), TestResults.Row("go")];
        rows[0].Problem = rows[1].Problem = "unavailable: an old kernel.";
        rows[2].Problem = "skipped: no `go` on PATH";

        Assert.Equal(
            ["Sockeye io_uring; Sockeye epoll: unavailable: an old kernel.", "Go net: skipped: no `go` on PATH."],
            ScenarioTable.Notes(TestResults.Result("ping-64", rows)));
    }

    [Fact]
    public void Bars_are_as_long_as_their_medians_the_shortest_first()
    {
        var svg = XElement.Parse(BarPlot.Create(TestResults.Result(
            "ping-64", TestResults.Row("kestrel", 10), TestResults.Row("sockeye-sockets", 5))));

        var bars = svg.Elements("rect").Select(bar => ((string)bar.Attribute("class")!, (double)bar.Attribute("width")!));

        Assert.Equal([("own", 235), ("other", 470)], bars);
    }

    [Fact]
    public void Page_has_a_plot_and_json_every_window()
    {
        var report = Report(TestResults.Result("ping-64", TestResults.Row("kestrel", 10, 11)));

        Assert.Contains("<svg", report.ToHtml(), StringComparison.Ordinal);
        Assert.DoesNotContain("http", report.ToHtml(), StringComparison.Ordinal);
        var windows = JsonDocument.Parse(JsonReport.Create(report)).RootElement
            .GetProperty("scenarios")[0].GetProperty("servers")[0].GetProperty("windows");
        Assert.Equal([10.0, 11.0], windows.EnumerateArray().Select(window => window.GetProperty("cpuPerMessage").GetDouble()));
    }

    [Fact]
    public void Targets_are_listed_with_their_verdicts()
    {
        var results = TestResults.Result("ping-64", TestResults.Row("sockeye-uring", 5), TestResults.Row("kestrel", 10));
        var target = new Target("ping-64", "sockeye-uring", "kestrel", 0.6);

        var report = Report(results) with { Targets = [target.Judge([results])] };

        Assert.Contains(
            "| Sockeye io_uring | ping-64 | CPU µs | Kestrel | 0.60 | 0.50 | met |",
            report.ToMarkdown(),
            StringComparison.Ordinal);
    }

    private static Report Report(ScenarioResult result) => new(["A machine."], [result], Targets: null);
}
