using System.Globalization;

namespace Sockeye.Linux.Tests.Support;

/// <summary>What /proc says about the descriptors of this process.</summary>
internal static class DescriptorInfo
{
    private const int CloseOnExec = 0x80000;

    /// <summary>Descriptors that are open now.</summary>
    public static int Count => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    public static bool IsCloseOnExec(int descriptor)
    {
        var line = File.ReadLines($"/proc/self/fdinfo/{descriptor.ToString(CultureInfo.InvariantCulture)}")
            .Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt32(line["flags:".Length..].Trim(), 8) & CloseOnExec) != 0;
    }
}
