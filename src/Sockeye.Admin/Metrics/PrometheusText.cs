using System.Globalization;
using System.Text;

namespace Sockeye.Admin;

/// <summary>Writes Prometheus' text format, version 0.0.4.</summary>
/// <remarks>
/// <code>
/// # HELP sockeye_server_network_io_bytes_total Bytes received and sent … # TYPE sockeye_server_network_io_bytes_total counter
/// sockeye_server_network_io_bytes_total{network_io_direction="receive",server_port="7000"} 4711
/// </code>
/// </remarks>
internal sealed class PrometheusText
{
    private readonly StringBuilder _text = new();

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.ToString());

    public void Family(string name, string type, string help)
    {
        var line = help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        _text.Append("# HELP ").Append(name).Append(' ').Append(line).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    public void Value(string name, string labels, double value) =>
        _text.Append(name).Append(labels).Append(' ').Append(Number(value)).Append('\n');

    public void Histogram(string name, HistogramSeries series)
    {
        var (counts, sum) = series.Read();
        long below = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            // Each bucket includes the counts of the smaller ones.
            below += counts[i];
            var bound = i < series.Bounds.Length ? Number(series.Bounds[i]) : "+Inf";
            Value($"{name}_bucket", With(series.Labels, $"le=\"{bound}\""), below);
        }

        Value($"{name}_sum", series.Labels, sum);
        Value($"{name}_count", series.Labels, below);
    }

    private static string With(string labels, string one) => labels.Length == 0 ? $"{{{one}}}" : $"{labels[..^1]},{one}}}";

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
