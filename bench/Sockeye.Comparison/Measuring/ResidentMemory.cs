using System.Globalization;

namespace Sockeye.Comparison.Measuring;

/// <summary>Memory of a process that is in RAM, in bytes.</summary>
internal static class ResidentMemory
{
    public static long Read(int processId)
    {
        // smaps_rollup counts; VmRSS in status may lag behind by what each processor has not added up yet.
        foreach (var line in File.ReadLines($"/proc/{processId}/smaps_rollup"))
        {
            if (Parse(line) is { } bytes)
                return bytes;
        }

        throw new InvalidDataException($"/proc/{processId}/smaps_rollup has no line that begins with Rss.");
    }

    /// <summary>The bytes of a line such as <c>Rss:   1234 kB</c>; null for other lines.</summary>
    public static long? Parse(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Rss:", var amount, "kB"]
            ? long.Parse(amount, CultureInfo.InvariantCulture) * 1024
            : null;
}
