using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sockeye.Admin.Tests.Support;

namespace Sockeye.Admin.Tests.Monitoring;

/// <summary>A series that a query returned: its labels, and its value now.</summary>
internal sealed record QuerySeries(IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>A real Prometheus that scrapes one target twice a second, and evaluates the alert rules.</summary>
internal sealed partial class PrometheusServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder;
    private readonly Process _process;
    private readonly Task _log;
    private readonly HttpClient _http;

    private PrometheusServer(DirectoryInfo folder, Process process, Task log, int port)
    {
        (_folder, _process, _log) = (folder, process, log);
        _http = new() { BaseAddress = new($"http://127.0.0.1:{port}/") };
    }

    /// <param name="target">The host and the port of the admin page.</param>
    public static async Task<PrometheusServer> StartAsync(string target)
    {
        var folder = Directory.CreateTempSubdirectory("sockeye-prometheus-");
        var configuration = Path.Combine(folder.FullName, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, $$"""
            global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms }
            rule_files: ["{{DashboardFiles.Rules}}"]
            scrape_configs: [{ job_name: sockeye, static_configs: [{ targets: ["{{target}}"] }] }]
            """, TestContext.Current.CancellationToken);
        var process = Programs.Start(
            "prometheus", "prometheus", $"--config.file={configuration}", $"--storage.tsdb.path={folder.FullName}/data",
            "--web.listen-address=127.0.0.1:0", "--log.format=logfmt");
        var port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = ReadLogAsync(process.StandardError, port);
        return new(folder, process, log, await port.Task.WaitAsync(
            StartLimit, TimeProvider.System, TestContext.Current.CancellationToken));
    }

    /// <summary>The series that a query finds now, without those that have no number.</summary>
    public async Task<List<QuerySeries>> QueryAsync(string expression)
    {
        var data = await GetAsync($"api/v1/query?query={Uri.EscapeDataString(expression)}");
        return [.. data.GetProperty("result").EnumerateArray().Select(ReadSeries).Where(series => double.IsFinite(series.Value))];
    }

    /// <summary>The rules: their names, their expressions, and the error of the last evaluation.</summary>
    public async Task<List<(string Name, string Expression, string Health, string Error)>> GetRulesAsync()
    {
        var data = await GetAsync("api/v1/rules");
        return
        [
            .. data.GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
                .Select(rule => (
                    rule.GetProperty("name").GetString()!, rule.GetProperty("query").GetString()!,
                    rule.GetProperty("health").GetString()!,
                    rule.TryGetProperty("lastError", out var error) ? error.GetString()! : "")),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        await _log;
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task ReadLogAsync(StreamReader log, TaskCompletionSource<int> port)
    {
        var all = new List<string>();
        while (await log.ReadLineAsync(CancellationToken.None) is { } line)
        {
            all.Add(line);
            if (Listening().Match(line) is { Success: true } match)
                port.TrySetResult(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        port.TrySetException(new InvalidOperationException($"Prometheus ended:\n{string.Join('\n', all)}"));
    }

    private static QuerySeries ReadSeries(JsonElement series) => new(
        series.GetProperty("metric").EnumerateObject().ToDictionary(
            label => label.Name, label => label.Value.GetString()!, StringComparer.Ordinal),
        ReadNumber(series.GetProperty("value")[1].GetString()!));

    private static double ReadNumber(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : double.NaN; // "+Inf"

    private async Task<JsonElement> GetAsync(string target)
    {
        using var answer = await _http.GetAsync(new Uri(target, UriKind.Relative), TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{Uri.UnescapeDataString(target)}: {text}");
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }

    [GeneratedRegex("""msg="Listening on" address=127\.0\.0\.1:(\d+)""")]
    private static partial Regex Listening();
}
