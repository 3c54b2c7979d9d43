using System.Globalization;

namespace Sockeye.Comparison.Measuring;

/// <summary>How long some processors have worked since the machine started, for whatever program.</summary>
internal static class ProcessorUse
{
    /// <summary>What /proc/stat counts in, whatever the kernel's own tick: proc_stat(5), USER_HZ.</summary>
    private const int TicksPerSecond = 100;

    private const int Idle = 3;
    private const int IoWait = 4;
    private const int Steal = 7;

    public static TimeSpan Read(params int[] processors) => Read(File.ReadLines("/proc/stat"), processors);

    /// <summary>All but idling: user, nice, system, interrupts, and what the machine's own host took.</summary>
    public static TimeSpan Read(IEnumerable<string> stat, params int[] processors)
    {
        var ticks = 0L;
        foreach (var line in stat)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is not [['c', 'p', 'u', .. { Length: > 0 } number], ..] || !IsOneOf(number))
                continue;
            for (var field = 0; field <= Steal; field++)
            {
                if (field is not (Idle or IoWait))
                    ticks += long.Parse(fields[field + 1], CultureInfo.InvariantCulture);
            }
        }

        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);

        bool IsOneOf(string number) =>
            int.TryParse(number, CultureInfo.InvariantCulture, out var processor) && processors.Contains(processor);
    }
}
