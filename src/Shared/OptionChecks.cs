using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>Checks the values of options. Each check returns the value, or throws <see cref="ArgumentOutOfRangeException"/> with
/// the option's name, the value and the range.</summary>
/// <remarks>
/// A setter checks the range of its own option. A relation between two options is checked when the options are copied, because
/// their setters may be called in any order.
/// </remarks>
internal static class OptionChecks
{
    public static T InRange<T>(T value, T min, T max, [CallerMemberName] string option = "")
        where T : struct, IComparable<T> =>
        value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0
            ? value
            : throw OutOfRange(option, value, $"{Describe(min)} to {Describe(max)}");

    /// <summary>Checks an option that may be null.</summary>
    public static T? InRange<T>(T? value, T min, T max, [CallerMemberName] string option = "")
        where T : struct, IComparable<T> => value is { } given ? InRange(given, min, max, option) : null;

    public static T AtLeast<T>(T value, T min, [CallerMemberName] string option = "")
        where T : struct, IComparable<T> =>
        value.CompareTo(min) >= 0 ? value : throw OutOfRange(option, value, $"{Describe(min)} or more");

    /// <summary>Checks an option that may be null.</summary>
    public static T? AtLeast<T>(T? value, T min, [CallerMemberName] string option = "")
        where T : struct, IComparable<T> => value is { } given ? AtLeast(given, min, option) : null;

    /// <summary>Checks a number that must be positive. Rejects NaN.</summary>
    public static double AboveZero(double value, double max, [CallerMemberName] string option = "") =>
        value > 0 && value <= max ? value : throw OutOfRange(option, value, $"above 0, up to {Describe(max)}");

    /// <summary>Checks a timeout that <see cref="Timeout.InfiniteTimeSpan"/> turns off.</summary>
    public static TimeSpan InRangeOrInfinite(
        TimeSpan value, TimeSpan min, TimeSpan max, [CallerMemberName] string option = "") =>
        value == Timeout.InfiniteTimeSpan || (value >= min && value <= max)
            ? value
            : throw OutOfRange(
                option, value, $"{Describe(min)} to {Describe(max)}, or Timeout.InfiniteTimeSpan to turn it off");

    /// <summary>Checks a timeout without a maximum that <see cref="Timeout.InfiniteTimeSpan"/> turns off.</summary>
    public static TimeSpan AtLeastOrInfinite(TimeSpan value, TimeSpan min, [CallerMemberName] string option = "") =>
        value == Timeout.InfiniteTimeSpan || value >= min
            ? value
            : throw OutOfRange(option, value, $"{Describe(min)} or more, or Timeout.InfiniteTimeSpan to turn it off");

    public static T Defined<T>(T value, [CallerMemberName] string option = "")
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw OutOfRange(option, value, string.Join(", ", Enum.GetNames<T>()));

    /// <summary>For a port, where 0 means any free one.</summary>
    public static int Port(int value, [CallerMemberName] string option = "") =>
        value is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort
            ? value
            : throw OutOfRange(option, value, "0 (any free port) to 65535");

    /// <summary>For the options of a server, which end to change when the server takes them.</summary>
    /// <exception cref="InvalidOperationException">The options are sealed. The message names the option.</exception>
    public static void ThrowIfSealed(bool isSealed, string option)
    {
        if (isSealed)
        {
            throw new InvalidOperationException(
                $"{option} cannot change: a server uses these options. Create new ones, and pass them to ReloadAsync.");
        }
    }

    /// <summary>Creates the exception for a value outside its range.</summary>
    /// <param name="option">The option's name.</param>
    /// <param name="value">Its value.</param>
    /// <param name="range">The allowed values, without a full stop, such as "1 to 128".</param>
    public static ArgumentOutOfRangeException OutOfRange(string option, object? value, string range) =>
        new(option, value, $"{option} must be {range}.");

    /// <summary>Formats a bound for an error message: with thousands separators, and with a unit if it is a time.</summary>
    public static string Describe<T>(T bound)
        where T : struct => bound switch
    {
        TimeSpan time => Describe(time),
        IFormattable number => number.ToString("#,0.###", CultureInfo.InvariantCulture),
        _ => $"{bound}",
    };

    private static string Describe(TimeSpan time) => time.Ticks switch
    {
        0 => "0",
        var ticks when ticks % TimeSpan.TicksPerDay == 0 => Describe(time.Days, "day"),
        var ticks when ticks % TimeSpan.TicksPerHour == 0 => Describe((int)time.TotalHours, "hour"),
        var ticks when ticks % TimeSpan.TicksPerMinute == 0 => Describe((int)time.TotalMinutes, "minute"),
        var ticks when ticks % TimeSpan.TicksPerSecond == 0 => $"{Describe((long)time.TotalSeconds)} s",
        _ => $"{Describe(time.TotalMilliseconds)} ms",
    };

    private static string Describe(int count, string unit) => $"{Describe(count)} {unit}{(count == 1 ? "" : "s")}";
}
