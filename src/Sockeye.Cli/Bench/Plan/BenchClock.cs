namespace Sockeye.Cli;

/// <summary>The clock of a run: nanoseconds of a clock that only moves forward.</summary>
internal static class BenchClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly bool IsNanoseconds = TimeProvider.System.TimestampFrequency == NanosecondsPerSecond;

    public static long Now => IsNanoseconds
        ? TimeProvider.System.GetTimestamp()
        : (long)(TimeProvider.System.GetTimestamp() * ((double)NanosecondsPerSecond / TimeProvider.System.TimestampFrequency));

    public static long ToNanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    public static TimeSpan ToTime(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
