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

    /// <summary>The runtime's number counts affinity and the limit of the control group, rounded up.</summary>
    private static Finding Processors()
    {
        var count = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
        return Quota() switch
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

    /// <summary>Processors that the control group allows, as it is seen from inside a container; null: no limit.</summary>
    private static double? Quota()
    {
        if (ProcFiles.Text("/sys/fs/cgroup/cpu.max")?.Split(' ') is [var most, var each])
        {
            return double.TryParse(most, CultureInfo.InvariantCulture, out var quota)
                && double.TryParse(each, CultureInfo.InvariantCulture, out var period) ? quota / period : null;
        }

        return ProcFiles.Numbers("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") is [> 0 and var quota1]
            && ProcFiles.Numbers("/sys/fs/cgroup/cpu/cpu.cfs_period_us") is [> 0 and var period1]
                ? (double)quota1 / period1
                : null;
    }
}
