using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Findings about a running process: its own limits, listeners, memory, and the unit that runs it.</summary>
internal static class ProcessFindings
{
    private const double NearLimit = 0.8;

    /// <exception cref="CommandException">There is no such process, or this is not Linux.</exception>
    public static async Task<IReadOnlyList<Finding>> CreateAsync(int id, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux())
            throw new CommandException(ExitCodes.Failed, "--pid reads /proc, which only Linux has.");
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{id}");
        if (ProcFiles.Text($"{folder}/status") is not { } status)
            throw new CommandException(ExitCodes.Failed, $"process {folder["/proc/".Length..]} does not run.");
        // A program can give itself any name.
        var name = PrintableText.Escape(ProcFiles.Text($"{folder}/comm"));
        List<Finding> findings =
            [new("process", string.Create(CultureInfo.InvariantCulture, $"{id} {name}"), FindingSeverity.Ok)];
        var limits = ProcFiles.Text($"{folder}/limits") ?? "";
        var descriptors = CountDescriptors(folder);
        Finding?[] ofProcess =
        [
            Descriptors(ProcFiles.Limit(limits, "Max open files"), descriptors),
            LockedMemory(ProcFiles.Limit(limits, "Max locked memory")),
            Seccomp(ProcFiles.Status(status, "Seccomp")),
        ];
        findings.AddRange(ofProcess.OfType<Finding>());
        var group = ControlGroup.Find(ProcFiles.Text($"{folder}/cgroup") ?? "");
        findings.AddRange(ControlGroup.Memory(group, ProcFiles.Text));
        findings.AddRange(await ListenersAsync(id, isReadable: descriptors is not null, time));
        if (ControlGroup.GetUnit(group) is var (unit, isOfUser))
            findings.AddRange(await UnitFindings.ReadAsync(unit, isOfUser, time));
        return findings;
    }

    internal static Finding? Descriptors((long Soft, long Hard)? limit, long? used)
    {
        if (limit is not var (soft, hard))
            return null;
        var value = used is null ? ProcFiles.FormatLimit(soft)
            : $"{QuantityText.FormatNumber(used.Value)} of {ProcFiles.FormatLimit(soft)} in use";
        if (soft < hard)
            value += $" (hard limit {ProcFiles.FormatLimit(hard)})";
        const string remedy = "LimitNOFILE=120000 in the systemd unit, or 'ulimit -n 120000' before it starts, raises it; "
            + "'prlimit --pid PID --nofile=120000' raises it now.";
        return used >= soft * NearLimit
            ? new("descriptors", value, FindingSeverity.Problem, $"Few are left: accept fails soon. {remedy}")
            : soft < 1024 ? new("descriptors", value, FindingSeverity.Problem, $"Each connection takes one: {remedy}")
            : soft <= 4096 ? new("descriptors", value, FindingSeverity.Note, $"Each connection takes one: {remedy}")
            : new("descriptors", value, FindingSeverity.Ok);
    }

    internal static Finding? Seccomp(string? mode) => mode switch
    {
        "0" => new("seccomp", "no filter", FindingSeverity.Ok),
        "1" or "2" => new(
            "seccomp", "a filter", FindingSeverity.Note,
            "Container profiles often refuse io_uring, and epoll serves then: 'sockeye doctor' inside the container shows it."),
        _ => null,
    };

    private static Finding? LockedMemory((long Soft, long Hard)? limit) => limit is not var (soft, _) ? null : new(
        "locked memory", ProcFiles.FormatMemoryLimit(soft), FindingSeverity.Ok);

    private static async Task<IEnumerable<Finding>> ListenersAsync(int id, bool isReadable, TimeProvider time)
    {
        if (!isReadable)
        {
            return [new(
                "listeners", "unknown", FindingSeverity.Note,
                "The process belongs to another user: run the tool as that user, or as root, to see its sockets.")];
        }

        if (ProcFiles.LinkTarget(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/ns/net")) is { } network
            && network != ProcFiles.LinkTarget("/proc/self/ns/net"))
        {
            return [new(
                "listeners", "unknown", FindingSeverity.Note,
                "The process has another network, as in a container: "
                    + string.Create(CultureInfo.InvariantCulture, $"'nsenter --target {id} --net sockeye doctor --pid {id}'")
                    + " shows its sockets, as root.")];
        }

        using var sockets = new SystemSockets();
        if (sockets.Limitation is { } limitation)
            return [new("listeners", "unknown", FindingSeverity.Note, $"The kernel shows {limitation}.")];
        var inodes = new SocketOwners(time).FindInodes(id);
        List<SocketEntry> before = [], now = [];
        sockets.Read(before, []);
        var start = time.GetTimestamp();
        await Task.Delay(ListenerFindings.Interval, time);
        sockets.Read(now, []);
        now.RemoveAll(listener => !inodes.Contains(listener.Inode));
        return now.Count == 0
            ? [new("listeners", "none", FindingSeverity.Ok)]
            : ListenerFindings.OfProcess(before, now, time.GetElapsedTime(start));
    }

    private static long? CountDescriptors(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{folder}/fd").LongCount();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // The process is another user's.
        }
    }
}
