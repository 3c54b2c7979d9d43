using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;

namespace Sockeye.Comparison.Tests;

/// <summary>The whole program, as a process, for a moment.</summary>
public sealed class ComparisonTests
{
    private static readonly TimeSpan RunTimeout = TimeSpan.FromSeconds(100);

    [Theory]
    [InlineData("ping-64", "sockeye-sockets,sockeye-sockets-inline,socket,kestrel,dotnetty,unofficial-pipelines")]
    [InlineData("bulk,connect,codec,tls", "sockeye-sockets")]
    public async Task Every_server_is_measured_in_every_scenario(string scenarios, string servers)
    {
        SkipUnlessItCanRun();
        var json = Path.Combine(Path.GetTempPath(), $"sockeye-comparison-{Environment.ProcessId}-{scenarios.Length}.json");
        try
        {
            var result = await RunAsync(
                "--scenario", scenarios,
                "--server", servers, "--json", json, "--rounds", "1", "--window", "0.5", "--warm-up", "0.5");

            Assert.True(result.ExitCode == 0, result.Error);
            using var document = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
            var rows = document.RootElement.GetProperty("scenarios").EnumerateArray()
                .SelectMany(scenario => scenario.GetProperty("servers").EnumerateArray()).ToList();
            Assert.True(rows.Count >= scenarios.Split(',').Length * servers.Split(',').Length);
            Assert.All(rows, row =>
            {
                Assert.Equal(JsonValueKind.Null, row.GetProperty("problem").ValueKind);
                var window = Assert.Single(row.GetProperty("windows").EnumerateArray());
                Assert.True(window.GetProperty("messages").GetInt64() > 0);
                Assert.True(window.GetProperty("serverCpuSeconds").GetDouble() > 0);
            });
        }
        finally
        {
            File.Delete(json);
        }
    }

    [Fact]
    public async Task Server_that_cannot_run_here_is_named_and_the_others_go_on()
    {
        SkipUnlessItCanRun();

        var result = await RunAsync(
            "--scenario", "ping-1", "--server", "netcoreserver,socket", "--rounds", "1", "--window", "0.1", "--warm-up", "0.05");

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("NetCoreServer: unavailable: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("\nraw Socket ", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-INT")]
    [InlineData("-KILL")]
    public async Task Servers_end_with_the_program_whatever_ends_it(string signal)
    {
        SkipUnlessItCanRun();
        using var process = Start("--scenario", "ping-1", "--server", "socket", "--rounds", "1000", "--warm-up", "0.05");
        try
        {
            // By then all servers run, and each was measured once.
            while (await process.StandardError.ReadLineAsync(Limit()) is { } line
                && !line.EndsWith("round 2", StringComparison.Ordinal))
                Assert.Contains("ping-1", line, StringComparison.Ordinal);
            var servers = GetChildren(process.Id);

            using var kill = Process.Start("sh", ["-c", $"kill {signal} {process.Id}"]);
            var output = await process.StandardOutput.ReadToEndAsync(Limit());
            await process.WaitForExitAsync(Limit());

            Assert.NotEmpty(servers);
            foreach (var server in servers)
                await WaitForEndAsync(server);
            Assert.Equal(signal == "-INT", output.Contains("raw Socket", StringComparison.Ordinal));
            Assert.Equal(signal == "-INT" ? 1 : 137, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static List<int> GetChildren(int parent) =>
    [
        .. from folder in Directory.EnumerateDirectories("/proc")
           let id = int.TryParse(Path.GetFileName(folder), out var number) ? number : 0
           where id != 0 && GetParent(id) == parent
           select id,
    ];

    /// <summary>proc_pid_stat(5): the second word behind the name in brackets. Null: there is no such process.</summary>
    private static int? GetParent(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task WaitForEndAsync(int process)
    {
        var limit = Limit();
        while (GetParent(process) is not null)
        {
            limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static void SkipUnlessItCanRun() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && Programs.Find("taskset") is not null && Processors.Allowed().Count >= 2,
        "The comparison needs Linux, taskset and two processors.");

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(Limit());
            var error = process.StandardError.ReadToEndAsync(Limit());
            await process.WaitForExitAsync(Limit());
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Sockeye.Comparison.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static CancellationToken Limit()
    {
        var limit = new CancellationTokenSource(RunTimeout, TimeProvider.System);
        return CancellationTokenSource.CreateLinkedTokenSource(limit.Token, TestContext.Current.CancellationToken).Token;
    }
}
