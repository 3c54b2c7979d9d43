using System.Globalization;
using System.Runtime.InteropServices;

namespace Sockeye.Cli;

/// <summary>A thread that serves the demo's connections.</summary>
/// <param name="Id">Its number, by which <c>ps -L</c> and <c>top -H</c> list it.</param>
/// <param name="Name">Its name, of at most 15 characters.</param>
/// <param name="State">"sleeping" or "running".</param>
/// <param name="WaitsIn">The system call that it waits in; null if that is not known.</param>
/// <param name="CpuSeconds">The CPU time that it has used.</param>
/// <param name="Percent">Its share of one processor in the last window; null before the end of the first.</param>
internal sealed record ServingThread(int Id, string Name, string State, string? WaitsIn, double CpuSeconds, double? Percent);

/// <summary>Reads the engine threads of this process from <c>/proc/self/task</c>, proc_pid_task(5). Linux only.</summary>
internal sealed class ServingThreads(TimeProvider time)
{
    private const string Folder = "/proc/self/task";
    private const string Prefix = "Sockeye ";

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    // unistd.h of x86-64 and, where they differ, the generic table that ARM64 has.
    private static readonly Dictionary<string, string> Calls = RuntimeCalls();

    private readonly Dictionary<int, (long Cpu, double? Percent)> _measured = [];
    private long _windowStart = time.GetTimestamp();

    /// <summary>Returns the threads; none on other systems, and with the portable transport, whose threads are those of
    /// .NET. One caller at a time.</summary>
    public IReadOnlyList<ServingThread> Read()
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists(Folder))
            return [];
        var elapsed = time.GetElapsedTime(_windowStart);
        var isOver = elapsed >= Window;
        if (isOver)
            _windowStart = time.GetTimestamp();
        return [.. Directory.GetDirectories(Folder).Select(thread => Read(thread, elapsed, isOver)).OfType<ServingThread>()];
    }

    private ServingThread? Read(string folder, TimeSpan elapsed, bool isOver)
    {
        var name = ReadFile(folder, "comm").Trim();
        if (!name.StartsWith(Prefix, StringComparison.Ordinal)
            || !int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(ReadFile(folder, "schedstat").Split(' ')[0], CultureInfo.InvariantCulture, out var cpu))
        {
            return null;
        }

        var isKnown = _measured.TryGetValue(id, out var before);
        if (!isKnown)
            _measured[id] = before = (cpu, null);
        if (isOver && isKnown)
        {
            var percent = Math.Round(100 * (cpu - before.Cpu) / (elapsed.TotalSeconds * 1e9), 2);
            _measured[id] = before = (cpu, percent);
        }

        var call = ReadFile(folder, "syscall").Split(' ')[0].Trim();
        return new(
            id, name, call is "running" ? "running" : "sleeping", Calls.GetValueOrDefault(call), Math.Round(cpu / 1e9, 4),
            before.Percent);
    }

    private static Dictionary<string, string> RuntimeCalls() =>
        RuntimeInformation.ProcessArchitecture is Architecture.X64
            ? new()
            {
                ["232"] = "epoll_wait", ["281"] = "epoll_pwait", ["441"] = "epoll_pwait2", ["426"] = "io_uring_enter",
                ["202"] = "futex", ["0"] = "read",
            }
            : new()
            {
                ["22"] = "epoll_pwait", ["441"] = "epoll_pwait2", ["426"] = "io_uring_enter", ["98"] = "futex", ["63"] = "read",
            };

    /// <summary>Returns an empty text for a thread that has ended, and where the file cannot be read.</summary>
    private static string ReadFile(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
