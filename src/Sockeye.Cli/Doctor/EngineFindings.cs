using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>Findings about the default engine, and about the settings that allow or forbid io_uring.</summary>
internal static class EngineFindings
{
    public static IEnumerable<Finding> All()
    {
        yield return Engine();
        if (!OperatingSystem.IsLinux())
            yield break;
        yield return IoUring();
        yield return new("epoll", "allowed", FindingSeverity.Ok);
        if (Sysctl() is { } sysctl)
            yield return sysctl;
        if (Seccomp() is { } filter)
            yield return filter;
    }

    private static Finding Engine()
    {
        try
        {
            var transport = new LinuxTransport(); // Its threads start with its first endpoint.
            return new("engine", EngineNames.GetName(transport.Engine), FindingSeverity.Ok, transport.EngineReason + ".");
        }
        catch (Exception e) when (e is PlatformNotSupportedException or InvalidOperationException)
        {
            return new("engine", "none", FindingSeverity.Problem, e.Message);
        }
    }

    private static Finding IoUring() => IoUringSupport.Probe() is { IsSupported: false, Reason: var refusal }
        ? new("io_uring", "refused", FindingSeverity.Note, refusal)
        : new("io_uring", "allowed", FindingSeverity.Ok);

    /// <summary>The sysctl of Linux 6.6 and later.</summary>
    private static Finding? Sysctl() => ProcFiles.Text("/proc/sys/kernel/io_uring_disabled") switch
    {
        null => null,
        "0" => new("io_uring_disabled", "0", FindingSeverity.Ok),
        var value => new(
            "io_uring_disabled", value, FindingSeverity.Note,
            (value == "1" ? "io_uring is for the group of kernel.io_uring_group only" : "io_uring is off for all processes") +
            ": 'sysctl -w kernel.io_uring_disabled=0' allows it.")
        {
            Sysctl = "kernel.io_uring_disabled = 0",
        },
    };

    private static Finding? Seccomp() => ProcFiles.Status("Seccomp") switch
    {
        "0" => new("seccomp", "no filter", FindingSeverity.Ok),
        "1" or "2" when IoUringSupport.Probe().IsSupported =>
            new("seccomp", "a filter", FindingSeverity.Ok, "It lets io_uring pass."),
        "1" or "2" => new(
            "seccomp", "a filter", FindingSeverity.Note,
            "Container profiles often refuse io_uring: see docs/linux.md for one that allows it."),
        _ => null,
    };
}
