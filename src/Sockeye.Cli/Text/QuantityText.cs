using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Numbers as the tool writes them in sentences.</summary>
internal static class QuantityText
{
    /// <summary>"2,048".</summary>
    public static string FormatNumber(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 byte", "2,048 bytes".</summary>
    public static string FormatCount(long number, string noun) => $"{FormatNumber(number)} {noun}{(number == 1 ? "" : "s")}";

    /// <summary>"150 ms", "2.5 s", "3 m 20 s", "26 h 0 m".</summary>
    public static string FormatTime(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} m {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalHours)} h {time.Minutes} m"),
    };
}
