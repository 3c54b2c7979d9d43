using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>One <see cref="CoarseTimer"/> for each clock, which all timeouts of requests and heartbeats share.</summary>
/// <remarks>A timer lives as long as its clock. Safe from any thread.</remarks>
internal static class SharedTimers
{
    private static readonly ConditionalWeakTable<TimeProvider, CoarseTimer> Timers = [];

    public static CoarseTimer Get(TimeProvider time) => Timers.GetValue(time, static time => new(time));
}
