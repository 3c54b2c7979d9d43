using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>Findings about the system and its processors.</summary>
internal static class MachineFindings
{
    private static readonly Version MinKernelForIoUring = new(6, 1);

    public static IEnumerable<Finding> All()
    {
        yield return Kernel();
        yield return new("runtime", RuntimeInformation.FrameworkDescription, FindingSeverity.Ok);
        yield return Processors();
    }

    private static Finding Kernel()
    {
        if (!OperatingSystem.IsLinux())
            return new("system", RuntimeInformation.OSDescription.Trim(), FindingSeverity.Ok);
        var version = Environment.OSVersion.Version;
        return version >= MinKernelForIoUring
            ? new("kernel", $"Linux {version.ToString(3)}", FindingSeverity.Ok)
            : new("kernel", $"Linux {version.ToString(3)}", FindingSeverity.Note, "io_uring needs 6.1: below it epoll serves.");
    }

    /// <summary>The runtime's number includes affinity and the limit of the control group, rounded up.</summary>
    private static Finding Processors()
    {
        var count = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
        return GetQuota() switch
        {
            null => new("processors", count, FindingSeverity.Ok),
            < 1 and var quota => new(
                "processors",
                string.Create(CultureInfo.InvariantCulture, $"{count} (control group: {quota:0.##})"),
                FindingSeverity.Note,
                "With less than one processor, the process is stopped for a part of each 100 ms: connections see that as delay."),
            { } quota => new(
                "processors",
                string.Create(CultureInfo.InvariantCulture, $"{count} (control group: {quota:0.##})"),
                FindingSeverity.Ok),
        };
    }

    /// <summary>Returns the number of processors that the control group allows, as seen from inside a container; null without a
    /// limit.</summary>
    private static double? GetQuota()
    {
        if (ProcFiles.Text("/sys/fs/cgroup/cpu.max")?.Split(' ') is [var max, var length])
        {
            return double.TryParse(max, CultureInfo.InvariantCulture, out var quota)
                && double.TryParse(length, CultureInfo.InvariantCulture, out var period) ? quota / period : null;
        }

        return ProcFiles.Numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") is [> 0 and var quotaV1]
            && ProcFiles.Numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us") is [> 0 and var periodV1]
                ? (double)quotaV1 / periodV1
                : null;
    }
}
