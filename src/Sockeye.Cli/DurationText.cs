using System.Globalization;

namespace Sockeye.Cli;

/// <summary>A time span as it is written on the command line: 500ms, 30s, 5m, 1h, or seconds without a unit.</summary>
internal static class DurationText
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    // "ms" before "s", which it ends with.
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("", TimeSpan.FromSeconds(1)),
    ];

    /// <summary>Null, and why, for what is none, is shorter than 1 ms or longer than a day.</summary>
    public static TimeSpan? Parse(string text, out string? error)
    {
        error = $"\"{text}\" is not a time from 1ms to {Longest.TotalHours:0}h. "
            + "Write it as 500ms, 30s, 5m, 1h, or seconds without a unit.";
        var (unit, length) = Units.First(u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;
        var milliseconds = number * length.TotalMilliseconds;
        // Not the other way round: "NaN" is a number to .NET, and neither above nor below another.
        if (!(milliseconds >= 1 && milliseconds <= Longest.TotalMilliseconds))
            return null;
        error = null;
        return TimeSpan.FromMilliseconds(milliseconds);
    }
}
