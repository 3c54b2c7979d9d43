using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Sockeye.Admin;

/// <summary>Converts OpenTelemetry names to Prometheus names (OpenTelemetry, "Prometheus and OpenMetrics
/// Compatibility").</summary>
internal static class PrometheusNames
{
    public static string GetName(Instrument instrument)
    {
        var name = Legal(instrument.Name);
        var unit = instrument.Unit switch
        {
            null or "" => "",
            ['{', ..] => "", // The name contains what is counted.
            "s" => "seconds",
            "ms" => "milliseconds",
            "By" => "bytes",
            "%" => "percent",
            "1" => GetMetricType(instrument) == "gauge" ? "ratio" : "",
            var other => Legal(other),
        };
        if (unit.Length > 0 && !name.EndsWith($"_{unit}", StringComparison.Ordinal))
            name = $"{name}_{unit}";
        var needsTotal = GetMetricType(instrument) == "counter" && !name.EndsWith("_total", StringComparison.Ordinal);
        return needsTotal ? $"{name}_total" : name;
    }

    public static string GetMetricType(Instrument instrument)
    {
        var kind = instrument.GetType().GetGenericTypeDefinition();
        return kind == typeof(Histogram<>) ? "histogram"
            : kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? "counter"
            : "gauge";
    }

    /// <summary>Returns <c>{a="b",c="d"}</c>, ordered by name; empty without tags.</summary>
    public static string FormatLabels(IEnumerable<KeyValuePair<string, object?>> tags)
    {
        var labels = tags.Where(tag => tag.Value is not null)
            .Select(tag => $"{Legal(tag.Key)}=\"{Escape(Convert.ToString(tag.Value, CultureInfo.InvariantCulture)!)}\"")
            .Order(StringComparer.Ordinal);
        var text = string.Join(',', labels);
        return text.Length == 0 ? "" : $"{{{text}}}";
    }

    /// <summary>Escapes line breaks as the format requires, and other control characters as everywhere in Sockeye.</summary>
    private static string Escape(string value) => string.Join("\\n", value.Split('\n').Select(line =>
        PrintableText.Escape(line).Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)));

    private static string Legal(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
            text.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        return char.IsAsciiDigit(text[0]) ? $"_{text}" : text.ToString();
    }
}
