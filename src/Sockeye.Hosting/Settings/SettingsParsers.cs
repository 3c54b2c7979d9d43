using System.Globalization;
using System.Net;

namespace Sockeye.Hosting;

/// <summary>Parses values of a configuration. Each method returns null, or the error as a sentence.</summary>
internal static class SettingsParsers
{
    private const string MessagePrefix = "SendAndClose:";

    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(365);

    public static string? Number(string text, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            ? null
            : $"write a whole number from 0 to {int.MaxValue}.";

    /// <summary>
    /// Parses 00:05:00, 5m or infinite. A number without a unit is an error, because "30" means thirty days in .NET, but thirty
    /// seconds to most users.
    /// </summary>
    public static string? Time(string text, out TimeSpan value)
    {
        if (text.Equals("infinite", StringComparison.OrdinalIgnoreCase))
        {
            value = Timeout.InfiniteTimeSpan;
            return null;
        }

        if (text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value))
            return null;
        value = default;
        if (text.Length > 0 && char.IsAsciiLetter(text[^1]) && DurationText.Parse(text, LongestTime, out _) is { } time)
        {
            value = time;
            return null;
        }

        return "write a time as 00:05:00, 500ms, 30s, 5m or 1h, or infinite.";
    }

    public static string? Bytes(string text, out long value)
    {
        value = RateText.ParseBytes(text, out var error) ?? 0;
        return error is null ? null : "write bytes per second as 65536, 500k, 10M or 1Mi.";
    }

    public static string? Rate(string text, out double value)
    {
        value = RateText.ParseConnections(text, out var error) ?? 0;
        return error is null ? null : "write connections per second, up to 1000000, as 100, 0.5, 100/s or 30/m.";
    }

    public static string? Networks(string text, out IPNetwork[] value)
    {
        value = NetworkText.Parse(text, out var error) ?? [];
        return error;
    }

    public static string? Action(string text, out LimitAction value)
    {
        value = LimitAction.Reset;
        if (text.Equals(nameof(LimitAction.Reset), StringComparison.OrdinalIgnoreCase))
            return null;
        if (text.Equals(nameof(LimitAction.LeaveInBacklog), StringComparison.OrdinalIgnoreCase))
        {
            value = LimitAction.LeaveInBacklog;
            return null;
        }

        var message = text.StartsWith(MessagePrefix, StringComparison.OrdinalIgnoreCase) ? text[MessagePrefix.Length..] : "";
        if (System.Text.Encoding.UTF8.GetByteCount(message) is 0 or > LimitAction.MaxMessageLength)
        {
            return $"write Reset, LeaveInBacklog, or {MessagePrefix} followed by a message of 1 to "
                + $"{LimitAction.MaxMessageLength} bytes.";
        }

        value = LimitAction.SendAndClose(message);
        return null;
    }
}
