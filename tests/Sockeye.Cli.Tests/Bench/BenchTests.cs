using System.Globalization;
using System.Net;
using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Bench;

/// <summary><c>sockeye bench</c> as a process, against servers of this process and of the tool.</summary>
public sealed class BenchTests
{
    [Fact]
    public async Task Closed_loop_counts_verified_echoes_and_writes_the_document_that_scripts_read()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await RunAsync(server.EndPoint, "-c 3 --pipeline 4 --count 3000");

        Assert.Equal(3000, result.GetProperty("answers").GetInt64());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("asked_rate").ValueKind);
        Assert.True(result.GetProperty("rate").GetDouble() > 0);
        Assert.Equal(0, result.GetProperty("errors").GetInt64());
        foreach (var series in (string[])["latency_ms", "uncorrected_ms"])
        {
            var values = ((string[])["p50", "p90", "p99", "p999", "max"])
                .Select(name => result.GetProperty(series).GetProperty(name).GetDouble()).ToList();
            Assert.True(values[0] > 0);
            Assert.Equal(values.Order(), values);
        }

        Assert.Equal(3, result.GetProperty("connect_ms").GetProperty("count").GetInt64());
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public async Task Pause_is_in_the_corrected_latencies_of_an_open_loop_and_is_named_but_not_in_the_uncorrected_ones()
    {
        const int Pause = 250;
        await using var server = await EchoServer.StartAsync(pauseAt: 2500, TimeSpan.FromMilliseconds(Pause));

        var result = await RunAsync(server.EndPoint, "-c 1 --rate 2k --duration 2s --interval 250ms");

        // A machine that is busy makes more pauses, but not fewer.
        Assert.InRange(Percentile(result, "latency_ms", "p999"), Pause / 2, 100 * Pause);
        Assert.True(Percentile(result, "latency_ms", "p99") > Percentile(result, "uncorrected_ms", "p99") * 2);
        Assert.Contains(
            result.GetProperty("slowest").EnumerateArray(),
            slow => slow.GetProperty("ms").GetDouble() > Pause * 0.9 && slow.GetProperty("at").GetDouble() is > 0.5 and < 1.9);
        Assert.Contains(
            result.GetProperty("intervals").EnumerateArray(),
            interval => interval.GetProperty("latency_ms").GetProperty("max").GetDouble() > Pause * 0.9);
        Assert.InRange(result.GetProperty("latency_ms").GetProperty("count").GetInt64(), 3990, 4001);
        Assert.True(result.GetProperty("slowest")[0].GetProperty("rtt_ms").GetDouble() > 0);
    }

    [Fact]
    public async Task Overload_is_reported_with_the_requests_that_were_never_sent()
    {
        await using var server = await EchoServer.StartAsync(delay: TimeSpan.FromMilliseconds(10));

        var result = await RunAsync(server.EndPoint, "-c 1 --rate 1k --duration 500ms");

        Assert.True(result.GetProperty("saturated").GetBoolean());
        Assert.True(result.GetProperty("unsent").GetInt64() > 50);
        Assert.True(Percentile(result, "latency_ms", "p99") > 200);
        Assert.Contains(
            result.GetProperty("notes").EnumerateArray(),
            note => note.GetString()!.StartsWith("Saturated: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wrong_echo_is_an_error_with_the_byte_that_differs()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "cat >/dev/null & echo wrong");

        var result = await ToolProcess.RunAsync(["bench", $"{server.EndPoint}", "-c", "1", "--duration", "300ms", "--json"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("\"wrong echo\"", result.Text, StringComparison.Ordinal);
        Assert.Contains("sockeye: there was no answer.", result.Errors);
    }

    [Fact]
    public async Task Refused_connection_is_exit_code_1_with_the_reason()
    {
        using var server = new TestServer();
        var endpoint = server.EndPoint;
        server.Dispose();

        var result = await ToolProcess.RunAsync(["bench", endpoint]);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"sockeye: could not connect to {endpoint}: ", result.Errors[0], StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Condition_that_is_true_is_exit_code_1_after_the_table()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await ToolProcess.RunAsync(
            ["bench", $"{server.EndPoint}", "--count", "100", "--fail-if", "p50>1us", "--fail-if", "errors>0"]);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("sockeye: --fail-if p50>1us: p50 is ", result.Errors[^1], StringComparison.Ordinal);
        Assert.Contains("latency ", result.Text, StringComparison.Ordinal);
        Assert.All(result.Text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task Connections_are_replaced_after_their_requests()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await RunAsync(
            server.EndPoint, "-c 2 --count 100 --requests-per-connection 10 --codec netstring --answer frame");

        Assert.Equal(100, result.GetProperty("answers").GetInt64());
        Assert.InRange(result.GetProperty("connect_ms").GetProperty("count").GetInt64(), 10, 14);
        Assert.Equal(0, result.GetProperty("errors").GetInt64());
    }

    [Fact]
    public async Task Answers_are_matched_by_id_over_tls_after_a_proxy_header()
    {
        await using var server = await ToolProcess.ListenAsync(
            "--echo", "--tls", "self-signed", "--proxy-protocol", "127.0.0.0/8");

        var result = await RunAsync(
            server.EndPoint,
            "-c 2 --count 200 --pipeline 8 --tls --insecure --send-proxy v2 --codec length --answer frame --match {\"id\": "
                + "--send-json {\"id\":{counter}}");

        Assert.Equal(200, result.GetProperty("answers").GetInt64());
        Assert.Equal(0, result.GetProperty("errors").GetInt64());
    }

    [Fact]
    public async Task Sink_and_source_of_listen_measure_throughput_in_both_directions()
    {
        await using var sink = await ToolProcess.ListenAsync("--discard");
        await using var source = await ToolProcess.ListenAsync("--generate");

        var sent = await RunAsync(sink.EndPoint, "-c 2 --answer none --size 64k --count 100");
        var received = await RunAsync(source.EndPoint, "-c 2 --receive --duration 2s");

        Assert.True(sent.GetProperty("answers").GetInt64() > 0);
        Assert.True(received.GetProperty("received_bytes_per_second").GetDouble() > 1_000_000);
        Assert.Equal(0, await sink.StopAsync());
        Assert.Equal(0, await source.StopAsync());
    }

    /// <summary>A relay receives and sends twice for each answer, and needs twice the processor time.</summary>
    [Fact]
    public async Task Slower_server_is_named_by_a_comparison()
    {
        await using var fast = await ToolProcess.ListenAsync("--echo");
        await using var slow = await ToolProcess.ListenAsync("--to", $"{fast.EndPoint}");

        var result = await ToolProcess.RunAsync(
            ["bench", $"{fast.EndPoint}", "--compare", $"{slow.EndPoint}", "-c", "2", "--duration", "10s", "--json"]);

        Assert.Equal(0, result.ExitCode);
        using var document = JsonDocument.Parse(result.Text);
        Assert.True(document.RootElement.GetProperty("differs").GetBoolean());
        Assert.StartsWith("B is slower by ", document.RootElement.GetProperty("verdict").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            OperatingSystem.IsLinux() ? "server CPU us an answer" : "us an answer",
            document.RootElement.GetProperty("metrics")[0].GetProperty("name").GetString());
    }

    /// <summary>The rate itself says as much about the machine, on which other tests run, as about the server.</summary>
    [Fact]
    public async Task Search_for_a_rate_shows_its_tries_and_measures_at_what_it_found()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await ToolProcess.RunAsync(
            ["bench", $"{server.EndPoint}", "-c", "2", "--find", "p50<5s", "--duration", "200ms", "--json"]);

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("closed loop: ", result.Errors[0], StringComparison.Ordinal);
        Assert.Contains(result.Errors, line => line.EndsWith(" ms, kept", StringComparison.Ordinal));
        using var document = JsonDocument.Parse(result.Text);
        Assert.True(document.RootElement.GetProperty("asked_rate").GetDouble() > 0);
        Assert.True(document.RootElement.GetProperty("answers").GetInt64() > 0);
    }

    [Fact]
    public async Task Report_and_log_are_files_that_need_no_other()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        var folder = Directory.CreateTempSubdirectory("sockeye-bench-").FullName;
        try
        {
            var (report, log) = (Path.Combine(folder, "out.html"), Path.Combine(folder, "out.hlog"));

            var result = await RunAsync(
                server.EndPoint, $"--rate 500 --duration 1s --interval 250ms --report {report} --hdr {log}");

            var page = await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken);
            Assert.Equal(3, page.Split("<svg ").Length - 1);
            Assert.DoesNotContain("http", page, StringComparison.Ordinal);
            var intervals = HdrLogReader.Read(await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken));
            Assert.Equal([0.25, 0.25, 0.25, 0.25], intervals.Select(interval => interval.Length));
            var latency = result.GetProperty("latency_ms");
            Assert.Equal(
                latency.GetProperty("count").GetInt64(), intervals.Sum(interval => interval.Counts.Values.Sum()));
            Assert.Equal(
                latency.GetProperty("max").GetDouble(), intervals.Max(interval => interval.Max), tolerance: 0.001);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Interrupt_ends_with_the_table_of_what_was_measured()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        await using var bench = ToolProcess.Start("bench", $"{server.EndPoint}", "--duration", "10m", "--interval", "100ms");
        var output = bench.ReadOutputAsync();
        await bench.WaitForErrorAsync("p99");

        await bench.SignalAsync("INT");

        Assert.Equal(0, await bench.ExitAsync());
        Assert.Contains("answers a second", System.Text.Encoding.UTF8.GetString(await output), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> RunAsync(EndPoint endpoint, string options)
    {
        var result = await ToolProcess.RunAsync(["bench", $"{endpoint}", "--json", .. options.Split(' ')]);
        Assert.True(result.ExitCode == 0, string.Join('\n', result.Errors));
        using var document = JsonDocument.Parse(result.Text);
        return document.RootElement.Clone();
    }

    private static double Percentile(JsonElement result, string series, string name) =>
        double.Parse(result.GetProperty(series).GetProperty(name).GetRawText(), CultureInfo.InvariantCulture);
}
