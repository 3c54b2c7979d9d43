namespace Sockeye.Cli;

/// <summary>Findings about the systemd unit of a process, from the output of <c>systemctl show</c>.</summary>
internal static class UnitFindings
{
    private const string Properties = "LoadState,TimeoutStartUSec,TimeoutStopUSec,WatchdogUSec,FileDescriptorStoreMax,Restart,"
        + "NRestarts";

    /// <summary>Asks systemd. Without an answer, only the name is a finding.</summary>
    public static async Task<IEnumerable<Finding>> ReadAsync(string unit, bool isOfUser, TimeProvider time) => Parse(
        unit, await ProgramOutput.ReadAsync(
            time, "systemctl", [.. isOfUser ? (string[])["--user"] : [], "show", unit, $"--property={Properties}"]));

    internal static IEnumerable<Finding> Parse(string unit, string show)
    {
        Dictionary<string, string> values = [];
        foreach (var line in show.Split('\n'))
        {
            if (line.Split('=', 2) is [var name, var value])
                values[name.Trim()] = value.Trim();
        }

        yield return new("unit", unit, FindingSeverity.Ok);
        // For a unit that it does not know, systemd shows the defaults.
        if (values.TryGetValue("LoadState", out var state) && state is not "loaded")
            yield break;
        if (values.TryGetValue("TimeoutStopUSec", out var stop))
        {
            yield return stop == "infinity" ? new(
                    "TimeoutStopSec", stop, FindingSeverity.Note,
                    "A stop that hangs never ends: write a time above ShutdownTimeout.")
                : new("TimeoutStopSec", stop, FindingSeverity.Ok,
                    "After this time, systemd kills the process: keep it above ShutdownTimeout, the time to drain.");
        }

        if (values.TryGetValue("TimeoutStartUSec", out var start))
            yield return new("TimeoutStartSec", start, FindingSeverity.Ok);
        if (values.TryGetValue("Restart", out var restart))
        {
            yield return restart is "no" ? new(
                    "Restart", restart, FindingSeverity.Note, "After a crash, the server stays down: write Restart=on-failure.")
                : new("Restart", restart, FindingSeverity.Ok);
        }

        if (values.TryGetValue("NRestarts", out var restarts) && restarts is not "0")
            yield return new("restarts", restarts, FindingSeverity.Note, $"'journalctl -u {unit}' shows why.");
        if (values.TryGetValue("WatchdogUSec", out var watchdog))
            yield return new("WatchdogSec", watchdog is "0" ? "off" : watchdog, FindingSeverity.Ok);
        if (values.TryGetValue("FileDescriptorStoreMax", out var store))
            yield return new("FileDescriptorStoreMax", store, FindingSeverity.Ok);
    }
}
