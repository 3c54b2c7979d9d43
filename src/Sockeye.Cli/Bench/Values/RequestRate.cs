using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Rates and sizes of <c>sockeye bench</c>: 5k, 1.5M, 200/s, 64, 4Ki.</summary>
internal static class RequestRate
{
    private const double MaxRate = 1e8;
    private const int MaxSize = 1 << 26;

    private static readonly (string Unit, double Factor)[] Units =
        [("Ki", 1024), ("Mi", 1024 * 1024), ("k", 1e3), ("K", 1e3), ("M", 1e6), ("", 1)];

    /// <summary>Returns requests a second. Returns null and an error for other text.</summary>
    public static double? Parse(string text, out string? error)
    {
        var rate = ParseNumber(text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text);
        error = rate is > 0 and <= MaxRate ? null
            : $"\"{text}\" is not a rate up to 100M a second. Write it as 200, 0.5, 5k, 1.5M or 200/s.";
        return error is null ? rate : null;
    }

    /// <summary>Returns a number of bytes. Returns null and an error for other text.</summary>
    public static int? ParseSize(string text, out string? error)
    {
        var size = ParseNumber(text.EndsWith('B') ? text[..^1] : text);
        error = size is >= 1 and <= MaxSize && size == Math.Floor(size) ? null
            : $"\"{text}\" is not a size from 1 byte to 64Mi. Write it as 64, 4k, 4Ki or 1Mi.";
        return error is null ? (int)size : null;
    }

    /// <summary>Returns the number; NaN for other text.</summary>
    public static double ParseNumber(string text)
    {
        var (unit, factor) = Units.First(each => text.EndsWith(each.Unit, StringComparison.Ordinal));
        return double.TryParse(
            text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number * factor : double.NaN;
    }

    /// <summary>"980", "1,200", "45.3k", "1.20M".</summary>
    public static string Format(double rate) => rate switch
    {
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:0.00}M"),
        >= 1e4 => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e3:0.0}k"),
        >= 100 => string.Create(CultureInfo.InvariantCulture, $"{rate:N0}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{rate:0.##}"),
    };
}
