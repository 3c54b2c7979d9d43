using System.Globalization;
using System.Text;

namespace Sockeye.Cli;

/// <summary>The progress of a run on standard error: one line that changes on a terminal, otherwise a line for each
/// interval.</summary>
internal sealed class BenchProgress(ErrorLines errors, bool isTerminal)
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private const int PictureWidth = 30;

    private readonly List<double> _latencies = [];
    private bool _hasLine;

    /// <summary>Writes an interval.</summary>
    /// <param name="interval">The interval.</param>
    /// <param name="start">The timestamp of the start of the measurement.</param>
    public void Show(PeriodInterval interval, long start)
    {
        var seconds = (interval.Start + interval.Length - start) / 1e9;
        var (p50, p99, max) = (Get(interval, 50), Get(interval, 99), interval.Latency.Max / 1e6);
        var text = interval.Latency.Count > 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{seconds,6:0.0} s {RequestRate.Format(interval.Rate),8}/s  p50 {p50:0.000} p99 {p99:0.000} max {max:0.000} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds,6:0.0} s, received ")
                + $"{RequestRate.Format(interval.BytesReceived * 1e9 / interval.Length)} bytes a second";
        if (interval.Errors > 0)
            text += $"  {QuantityText.FormatCount(interval.Errors, "error")}";
        if (!isTerminal)
        {
            errors.WriteLine(text);
            return;
        }

        _latencies.Add(p99);
        Write($"\r\u001b[K{text}  {Draw(_latencies)}");
        _hasLine = true;
    }

    /// <summary>Writes a line that stays.</summary>
    public void WriteLine(string line)
    {
        End();
        errors.WriteLine(line);
    }

    /// <summary>Removes the line that changes.</summary>
    public void End()
    {
        if (_hasLine)
            Write("\r\u001b[K");
        _hasLine = false;
    }

    /// <summary>Draws the last latencies on a logarithmic scale from the lowest to the highest.</summary>
    internal static string Draw(IReadOnlyList<double> latencies)
    {
        var last = latencies.Skip(latencies.Count - PictureWidth).Select(value => Math.Log(Math.Max(value, 0.001))).ToList();
        var (low, high) = (last.Min(), last.Max());
        // Without a difference of a tenth, noise would fill the picture.
        var range = Math.Max(high - low, 0.1);
        var picture = new StringBuilder();
        foreach (var value in last)
            picture.Append(Bars[(int)Math.Round((value - low) / range * (Bars.Length - 1))]);
        return picture.ToString();
    }

    private static double Get(PeriodInterval interval, double percentile) => interval.Latency.GetPercentile(percentile) / 1e6;

    private static void Write(string text) => ErrorLines.Write(Encoding.UTF8.GetBytes(text));
}
