using System.Globalization;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>Findings about the limits of the process and the system.</summary>
internal static class LimitFindings
{
    // The default limit of a server, and the descriptors of the process and the reserve.
    private const long GoodDescriptorLimit = 100_000 + 256;
    private const long MinDescriptorLimit = 1024;

    private const int DefaultBacklog = 4096; // since Linux 5.4
    private const int MinBacklog = 512; // 128 before

    private const long MinPorts = 10_000;

    private const long RingBytes = 260 << 10; // of an engine thread; there is at most one for each processor by default

    public static IEnumerable<Finding> All()
    {
        Finding?[] all = [Descriptors(), Backlog(), LockedMemory(), LocalPorts()];
        return all.OfType<Finding>();
    }

    private static Finding? Descriptors()
    {
        const string remedy = "raise it by 'ulimit -n 120000', or LimitNOFILE=120000 in the systemd unit";
        return ProcFiles.Limit("Max open files") switch
        {
            null => null,
            (< MinDescriptorLimit, _) limit => new(
                "descriptors", Descriptors(limit), FindingSeverity.Problem,
                $"Each connection takes one: {remedy}."),
            (< GoodDescriptorLimit, _) limit => new(
                "descriptors", Descriptors(limit), FindingSeverity.Note,
                $"Each connection takes one, and a server allows 100,000 by default: {remedy}, or lower MaxConnections."),
            { } limit => new("descriptors", Descriptors(limit), FindingSeverity.Ok),
        };
    }

    // The runtime raises the soft limit to the hard limit when it starts.
    private static string Descriptors((long Soft, long Hard) limit) =>
        ProcFiles.FormatLimit(limit.Soft)
            + (limit.Soft == limit.Hard ? "" : $" (hard limit {ProcFiles.FormatLimit(limit.Hard)})");

    private static Finding? Backlog()
    {
        const string remedy = "'sysctl -w net.core.somaxconn=4096' raises it";
        return (ProcFiles.Numbers("/proc/sys/net/core/somaxconn") is [var somaxconn] ? somaxconn : (long?)null) switch
        {
            null => null,
            < MinBacklog and var limit => new(
                "net.core.somaxconn", QuantityText.FormatNumber(limit), FindingSeverity.Problem,
                $"This many handshakes may wait for accept; in a burst of clients, the kernel drops the rest: {remedy}.")
            {
                Sysctl = "net.core.somaxconn = 4096",
            },
            < DefaultBacklog and var limit => new(
                "net.core.somaxconn", QuantityText.FormatNumber(limit), FindingSeverity.Note,
                $"The usual value is 4096: {remedy}.")
            {
                Sysctl = "net.core.somaxconn = 4096",
            },
            { } limit => new("net.core.somaxconn", QuantityText.FormatNumber(limit), FindingSeverity.Ok),
        };
    }

    private static Finding? LockedMemory()
    {
        var need = RingBytes * Environment.ProcessorCount;
        return !IoUringSupport.Probe().IsSupported ? null : ProcFiles.Limit("Max locked memory") switch
        {
            null => null,
            var (soft, _) when soft < need => new(
                "locked memory", ProcFiles.FormatMemoryLimit(soft), FindingSeverity.Note,
                $"io_uring may need {ProcFiles.FormatMemoryLimit(need)} for its rings (one per thread), and all processes " +
                "of the user share the limit: raise it by 'ulimit -l unlimited', or LimitMEMLOCK=infinity in the systemd unit."),
            var (soft, _) => new("locked memory", ProcFiles.FormatMemoryLimit(soft), FindingSeverity.Ok),
        };
    }

    private static Finding? LocalPorts()
    {
        if (ProcFiles.Numbers("/proc/sys/net/ipv4/ip_local_port_range") is not [var first, var last])
            return null;
        var value = string.Create(CultureInfo.InvariantCulture, $"{first} to {last}");
        var count = last - first + 1;
        return count >= MinPorts ? new("local ports", value, FindingSeverity.Ok) : new(
            "local ports", value, FindingSeverity.Note,
            $"A client can have {QuantityText.FormatNumber(count)} connections to one destination: " +
            "'sysctl -w net.ipv4.ip_local_port_range=\"32768 60999\"' gives 28,232.")
        {
            Sysctl = "net.ipv4.ip_local_port_range = 32768 60999",
        };
    }
}
