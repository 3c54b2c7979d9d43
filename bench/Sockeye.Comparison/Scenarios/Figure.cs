using System.Globalization;
using Sockeye.Comparison.Measuring;

namespace Sockeye.Comparison.Scenarios;

/// <summary>One measured quantity.</summary>
/// <param name="Head">What the column says.</param>
/// <param name="Format">How its numbers are written.</param>
/// <param name="Of">Takes it from a window; null where it was not measured.</param>
internal sealed record Figure(string Head, string Format, Func<WindowSample, double?> Of)
{
    public static Figure PerSecond { get; } = new("per second", "N0", window => window.MessagesPerSecond);

    /// <summary>The main one: noise of other programs hardly changes it.</summary>
    public static Figure Cpu { get; } = new("CPU µs", "0.00", window => window.CpuPerMessage);

    public static Figure P50 { get; } = new("p50 µs", "N0", window => window.P50);

    public static Figure P99 { get; } = new("p99 µs", "N0", window => window.P99);

    public static Figure P999 { get; } = new("p99.9 µs", "N0", window => window.P999);

    public static Figure Allocated { get; } = new("allocated B", "N1", window => window.AllocatedPerMessage);

    public static Figure Stall { get; } = new("longest stall ms", "N1", window => window.LongestStallMs);

    public static Figure Memory { get; } = new("RSS B per connection", "N0", window => window.BytesPerConnection);

    public static Figure ServerBusy { get; } = new("server busy", "0%", window => window.ServerBusy);

    public static Figure LoadBusy { get; } = new("load busy", "0%", window => window.LoadBusy);

    public static IReadOnlyList<Figure> Standard { get; } = [Cpu, PerSecond, P50, P99, P999, Allocated, ServerBusy, LoadBusy];

    public static IReadOnlyList<Figure> Bulk { get; } = [Cpu, PerSecond, P50, P99, P999, Stall, Allocated, ServerBusy, LoadBusy];

    public static IReadOnlyList<Figure> Idle { get; } = [Memory];

    /// <summary>A value as the tables and the plots write it. Processor time below a µs gets a digit more.</summary>
    public string Write(double value) =>
        value.ToString(this == Cpu && value < 1 ? "0.000" : Format, CultureInfo.InvariantCulture);
}
