using System.Globalization;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Reporting;

namespace Sockeye.Fleet.Running;

/// <summary>What scenarios share: options, output, and faults.</summary>
internal sealed class FleetRun(RunOptions options, TextWriter output, TextWriter progress, TimeProvider time)
{
    private readonly long _startedAt = time.GetTimestamp();

    public RunOptions Options => options;

    public TimeProvider Time => time;

    /// <summary>Lines that were lost or doubled, and counts that are not what they must be.</summary>
    public List<string> Faults { get; } = [];

    public void Step(string line) =>
        progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time.GetElapsedTime(_startedAt):mm\\:ss}  {line}"));

    public void Write(string title, Table table, params string[] notes)
    {
        output.WriteLine(options.Markdown ? $"### {title}\n" : $"\n{title}");
        output.Write(options.Markdown ? table.ToMarkdown() : table.ToText());
        foreach (var note in notes)
            output.WriteLine(options.Markdown ? $"\n{note}" : note);
        output.Flush();
    }

    /// <summary>The middle of some figures as text.</summary>
    public static string Median(IEnumerable<double> values, string format = "0.0") =>
        Spread.FromValues(values)?.Median.ToString(format, CultureInfo.InvariantCulture) ?? "";

    /// <summary>The middle of some figures, with their quartiles, as text.</summary>
    public static string WithQuartiles(IEnumerable<double> values, string format = "0.0") => Spread.FromValues(values) is { } spread
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{Format(spread.Median, format)} ({Format(spread.Low, format)}–{Format(spread.High, format)})")
        : "";

    private static string Format(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
