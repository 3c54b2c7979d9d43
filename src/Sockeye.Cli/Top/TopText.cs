using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Values in few columns: at most six, and seven for an age.</summary>
internal static class TopText
{
    private static readonly (double Size, string Unit)[] Units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

    /// <summary>"0", "512", "1.2k", "34k", "1.2M".</summary>
    public static string Amount(double? amount)
    {
        if (amount is not { } value)
            return "";
        foreach (var (size, unit) in Units)
        {
            if (value >= size * 0.9995)
                return Short(value / size) + unit;
        }

        return value is > 0 and < 10 ? Short(value) : value.ToString("0", CultureInfo.InvariantCulture);
    }

    /// <summary>"20µs", "1.2ms", "350ms", "2.1s".</summary>
    public static string Latency(TimeSpan? time) => time switch
    {
        null => "",
        { TotalMilliseconds: < 1 } brief => string.Create(CultureInfo.InvariantCulture, $"{brief.TotalMicroseconds:0}µs"),
        { TotalSeconds: < 1 } middle => Short(middle.TotalMilliseconds) + "ms",
        { TotalSeconds: < 1000 } => Short(time.Value.TotalSeconds) + "s",
        _ => Age(time),
    };

    /// <summary>"12s", "3m20s", "2h05m", "3d02h".</summary>
    public static string Age(TimeSpan? age) => age switch
    {
        null => "",
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Value.Seconds}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Value.Minutes}m{age.Value.Seconds:00}s"),
        { TotalDays: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{age.Value.Hours}h{age.Value.Minutes:00}m"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.Value.TotalDays}d{age.Value.Hours:00}h"),
    };

    public static string Age(TopRow row) => row is { IsOlder: true, Age: not null } ? ">" + Age(row.Age) : Age(row.Age);

    public static string Count(long? number) => number?.ToString("N0", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Returns the text in exactly this many columns. A long text loses its end; an address, which ends in a port,
    /// its middle.</summary>
    public static string Fit(string text, int width, bool isRight = false, bool isAddress = false)
    {
        if (width <= 0)
            return "";
        if (text.Length > width)
        {
            var port = isAddress ? text.LastIndexOf(':') : -1;
            var end = port > 0 && text.Length - port < width - 1 ? text[port..] : "";
            text = string.Concat(text.AsSpan(0, width - 1 - end.Length), "…", end);
        }

        return isRight ? text.PadLeft(width) : text.PadRight(width);
    }

    /// <summary>Returns the text with "?" for each character that would change the screen. It is as long as before, so that
    /// columns stay aligned.</summary>
    public static string Printable(string text) =>
        text.Any(ChangesScreen) ? string.Concat(text.Select(c => ChangesScreen(c) ? '?' : c)) : text;

    private static bool ChangesScreen(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static string Short(double value) =>
        value.ToString(value < 9.95 ? "0.#" : "0", CultureInfo.InvariantCulture);
}
