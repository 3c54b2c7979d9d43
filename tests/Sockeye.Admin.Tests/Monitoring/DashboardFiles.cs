using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sockeye.Admin.Tests.Monitoring;

/// <summary>A query of the dashboard, and the legend of its series.</summary>
internal sealed record PanelQuery(string Panel, string Expression, string Legend);

/// <summary>The files that are shipped in dashboards/.</summary>
internal static partial class DashboardFiles
{
    public static string Root { get; } = FindRoot();

    public static string Folder { get; } = Path.Combine(Root, "dashboards");

    public static string Rules { get; } = Path.Combine(Folder, "alerts.yml");

    public static string RuleTests { get; } = Path.Combine(Folder, "alerts-tests.yml");

    public static JsonElement Dashboard { get; } =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "sockeye.json"))).RootElement;

    public static IReadOnlyList<JsonElement> Panels { get; } = [.. Dashboard.GetProperty("panels").EnumerateArray()];

    public static IReadOnlyList<PanelQuery> Queries { get; } =
    [
        .. Panels.Where(panel => panel.TryGetProperty("targets", out _)).SelectMany(panel =>
            panel.GetProperty("targets").EnumerateArray().Select(target => new PanelQuery(
                panel.GetProperty("title").GetString()!, target.GetProperty("expr").GetString()!,
                target.GetProperty("legendFormat").GetString()!))),
    ];

    public static IReadOnlyList<string> AlertNames { get; } = Matches(AlertLine(), File.ReadAllText(Rules));

    /// <summary>The metrics that the text of a query names.</summary>
    public static IReadOnlyList<string> MetricsIn(string text) => Matches(MetricName(), NotMetrics().Replace(text, ""));

    /// <summary>The labels that a query groups by, and those that its legend shows.</summary>
    public static IReadOnlyList<string> LabelsOf(PanelQuery query) =>
    [
        .. GroupedBy().Matches(query.Expression)
            .SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
            .Where(label => label != "le"),
        .. Matches(LegendLabel(), query.Legend),
    ];

    private static IReadOnlyList<string> Matches(Regex regex, string text) =>
        [.. regex.Matches(text).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal)];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Sockeye.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("Run these tests inside a checkout.");
        return folder.FullName;
    }

    [GeneratedRegex(@"^      - alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex AlertLine();

    [GeneratedRegex(@"\b((?:sockeye|process|dotnet)_\w+)\b")]
    private static partial Regex MetricName();

    // Labels.
    [GeneratedRegex(@"\b(by|on) *\([^)]*\)|\{[^}]*\}")]
    private static partial Regex NotMetrics();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex GroupedBy();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex LegendLabel();
}
