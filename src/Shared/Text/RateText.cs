using System.Globalization;

namespace Sockeye;

/// <summary>Parses a rate of a command line or a configuration.</summary>
internal static class RateText
{
    private const double MostBytes = 1e12;
    private const double MostConnections = 1e6;

    private static readonly (string Unit, double Bytes)[] Units =
    [
        ("ki", 1024), ("mi", 1024 * 1024), ("gi", 1024 * 1024 * 1024), ("k", 1e3), ("m", 1e6), ("g", 1e9), ("", 1),
    ];

    /// <summary>Returns bytes per second, from 65536, 500k, 10M, 1Mi. Returns null and an error for other text.</summary>
    public static long? ParseBytes(string text, out string? error)
    {
        var amount = WithoutEnd(WithoutEnd(text, "/s"), "B");
        var (unit, bytes) = Units.First(u => amount.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        var rate = ParseNumber(amount[..^unit.Length]) * bytes;
        error = rate is >= 1 and <= MostBytes ? null
            : $"\"{text}\" is not a rate from 1 byte to 1000 G bytes a second. Write it as 65536, 500k, 10M or 1Mi.";
        return error is null ? (long)rate : null;
    }

    /// <summary>Returns connections per second, from 100, 0.5, 100/s, 30/m. Returns null and an error for other text.</summary>
    public static double? ParseConnections(string text, out string? error)
    {
        var isPerMinute = text.EndsWith("/m", StringComparison.Ordinal);
        var rate = ParseNumber(WithoutEnd(WithoutEnd(text, "/m"), "/s")) / (isPerMinute ? 60 : 1);
        error = rate is > 0 and <= MostConnections ? null
            : $"\"{text}\" is not a rate of connections up to 1000000 a second. Write it as 100, 0.5, 100/s or 30/m.";
        return error is null ? rate : null;
    }

    private static string WithoutEnd(string text, string end) =>
        text.EndsWith(end, StringComparison.Ordinal) ? text[..^end.Length] : text;

    private static double ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}
