using System.Globalization;

namespace Sockeye.Fleet.Running;

/// <summary>Memory of the kernel for TCP: its buffers, not its sockets.</summary>
internal static class KernelMemory
{
    /// <summary>In bytes.</summary>
    public static long ReadTcp() => ParseTcp(File.ReadLines("/proc/net/sockstat"));

    public static long ParseTcp(IEnumerable<string> sockstat)
    {
        foreach (var line in sockstat)
        {
            if (line.StartsWith("TCP:", StringComparison.Ordinal) && line.Split(' ') is [.., "mem", var pages])
                return long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }

        return 0;
    }
}
