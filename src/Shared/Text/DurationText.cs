using System.Globalization;

namespace Sockeye;

/// <summary>
/// A time span as it is written on command lines and in configuration: 500ms, 30s, 5m, 1h, or seconds without a unit.
/// </summary>
internal static class DurationText
{
    // "ms" before "s", which it ends with.
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("", TimeSpan.FromSeconds(1)),
    ];

    /// <inheritdoc cref="Parse(string, TimeSpan, out string?)"/>
    /// <remarks>A day at most.</remarks>
    public static TimeSpan? Parse(string text, out string? error) => Parse(text, TimeSpan.FromDays(1), out error);

    /// <summary>Null, and why, for what is none, is shorter than 1 ms or longer than may be.</summary>
    public static TimeSpan? Parse(string text, TimeSpan longest, out string? error)
    {
        error = $"\"{text}\" is not a time from 1ms to {longest.TotalHours:0}h. "
            + "Write it as 500ms, 30s, 5m, 1h, or seconds without a unit.";
        var (unit, length) = Units.First(u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;
        var milliseconds = number * length.TotalMilliseconds;
        // Not the other way round: "NaN" is a number to .NET, and neither above nor below another.
        if (!(milliseconds >= 1 && milliseconds <= longest.TotalMilliseconds))
            return null;
        error = null;
        return TimeSpan.FromMilliseconds(milliseconds);
    }
}
