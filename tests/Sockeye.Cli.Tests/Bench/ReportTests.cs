using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Bench;

/// <summary>The result of <c>sockeye bench</c> as a page and as a table.</summary>
public sealed class ReportTests
{
    /// <summary>A second without an answer is the third of four.</summary>
    private static readonly BenchResult Stalled = new()
    {
        Targets = ["127.0.0.1:7000"],
        Engine = "epoll",
        Loop = "closed",
        Connections = 10,
        Pipeline = 1,
        RequestBytes = 64,
        Seconds = 4,
        Rate = 75,
        Answers = 300,
        Errors = 3,
        ErrorsByKind = new Dictionary<string, long> { ["rare"] = 1, ["often"] = 2 },
        ErrorExamples = new Dictionary<string, string> { ["often"] = "<reset>" },
        ClosedByServer = new Dictionary<string, long> { ["FIN"] = 4 },
        Unanswered = 0,
        Unsent = 0,
        Saturated = false,
        GeneratorLimited = false,
        LatencyMs = Times(300),
        UncorrectedMs = Times(300),
        ConnectMs = Times(10),
        FirstByteMs = Times(0),
        SentBytesPerSecond = 4800,
        ReceivedBytesPerSecond = 4800,
        Generator = new(1, 0.1, 0),
        Pauses = [],
        Slowest = [],
        Intervals =
        [
            Interval(0, 100), Interval(1, 100), Interval(2, 0), Interval(3, 100),
        ],
        Notes = [],
    };

    [Fact]
    public void Second_without_an_answer_is_a_gap_of_the_latencies_and_a_rate_of_zero()
    {
        var page = HtmlReport.Create(Stalled, CreateTotals(), DateTimeOffset.UnixEpoch);

        var pictures = page.Split("<figure>")[1..];
        var latencies = Regex.Matches(pictures[1], "<polyline class=\"(l.)\" points=\"([^\"]*)\"");
        Assert.Equal(["l3", "l2", "l1"], latencies.Select(line => line.Groups[1].Value));
        Assert.All(latencies, line => Assert.Matches(@"^\S+ \S+ $", line.Groups[2].Value));
        Assert.Equal(3, Regex.Count(pictures[1], "<circle")); // The second after it.
        var rate = Assert.Single(Regex.Matches(pictures[2], "<polyline class=\"l1\" points=\"([^\"]*)\""));
        Assert.Matches(@"^\S+ \S+ \S+,232\.0 \S+ $", rate.Groups[1].Value); // 232 is the bottom.
        Assert.Contains("<td>2.0</td><td>0</td><td>-</td><td>-</td><td>-</td><td>-</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_has_errors_by_their_number_and_connections_that_the_server_ended()
    {
        var page = HtmlReport.Create(Stalled, CreateTotals(), DateTimeOffset.UnixEpoch);

        Assert.Matches("<td>2</td><td>often</td><td>&lt;reset&gt;</td></tr>\\s*<tr><td>1</td><td>rare</td>", page);
        Assert.Contains("<td>4</td><td>FIN</td>", page, StringComparison.Ordinal);
        Assert.Contains("<th>first byte</th><td>-</td>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_has_no_time_for_an_interval_without_an_answer()
    {
        var lines = BenchTable.Write(Stalled).ToList();

        var third = Assert.Single(lines, line => line.StartsWith("       3", StringComparison.Ordinal));
        Assert.Matches(@"^ +3 +2\.0 +0 +- +- +- +- +0$", third);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
    }

    [Fact]
    public void Longest_of_many_intervals_are_shown_and_those_without_an_answer()
    {
        var many = Stalled with
        {
            Intervals = [.. Enumerable.Range(0, 30).Select(i => Interval(i, i == 7 ? 0 : 100))],
        };

        Assert.Contains(BenchTable.Write(many), line => line.StartsWith("       8", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 1), InlineData(0.05, 0.05), InlineData(0.3, 0.5), InlineData(7, 10), InlineData(21_000, 50_000)]
    public void Steps_of_an_axis_have_few_digits(double value, double step) =>
        Assert.Equal(step, SvgPlot.RoundUp(value, [1, 2, 5, 10]), 1e-9);

    [Theory, InlineData("--report"), InlineData("--hdr")]
    public async Task File_that_cannot_be_written_is_a_failure_before_the_measurement(string option)
    {
        var result = await ToolProcess.RunAsync(["bench", "127.0.0.1:1", option, "/no/such/folder/file"]);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"sockeye: {option} /no/such/folder/file: ", Assert.Single(result.Errors), StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    private static LatencySummary Times(long count) => count == 0 ? new(0, 0, 0, 0, 0, 0, 0) : new(count, 1, 1, 2, 3, 4, 5);

    private static IntervalRow Interval(double at, long count) => new(at, 1, count, 0, Times(count), Times(count), null, null);

    private static LoadTotals CreateTotals()
    {
        var totals = new LoadTotals();
        totals.Latency.Record(1_000_000);
        totals.Latency.Record(5_000_000);
        return totals;
    }
}
