using System.Globalization;

namespace Sockeye;

/// <summary>
/// Parses a time span of a command line or a configuration: 500ms, 30s, 5m, 1h, or seconds without a unit.
/// </summary>
internal static class DurationText
{
    // "ms" comes before "s", because it ends in "s".
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)), ("", TimeSpan.FromSeconds(1)),
    ];

    /// <inheritdoc cref="Parse(string, TimeSpan, out string?)"/>
    /// <remarks>The maximum is 24 hours.</remarks>
    public static TimeSpan? Parse(string text, out string? error) => Parse(text, TimeSpan.FromDays(1), out error);

    /// <summary>Returns the time. Returns null and an error for other text, and for a time below 1 ms or above
    /// <paramref name="longest"/>.</summary>
    public static TimeSpan? Parse(string text, TimeSpan longest, out string? error)
    {
        error = $"\"{text}\" is not a time from 1ms to {longest.TotalHours:0}h. "
            + "Write it as 500ms, 30s, 5m, 1h, or seconds without a unit.";
        var (unit, length) = Units.First(u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return null;
        var milliseconds = number * length.TotalMilliseconds;
        // Not the negation: .NET parses "NaN", which is neither above nor below another number.
        if (!(milliseconds >= 1 && milliseconds <= longest.TotalMilliseconds))
            return null;
        error = null;
        return TimeSpan.FromMilliseconds(milliseconds);
    }
}
