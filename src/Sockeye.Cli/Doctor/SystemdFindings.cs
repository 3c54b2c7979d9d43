namespace Sockeye.Cli;

/// <summary>Findings about what systemd has passed to this process.</summary>
internal static class SystemdFindings
{
    public static IEnumerable<Finding> All()
    {
        if (OperatingSystem.IsWindows())
            return [];
        try
        {
            return SystemdSockets.Shared.Sockets.Select(ToFinding);
        }
        catch (InvalidOperationException e)
        {
            return [new("inherited", "unknown", FindingSeverity.Problem, e.Message)];
        }
    }

    private static Finding ToFinding(SystemdSocket socket) => socket.Problem is null
        ? new(
            "inherited", $"{socket}", FindingSeverity.Ok,
            "A server that listens on this address uses the socket (UseSystemdSockets, sockeye listen).")
        : new("inherited", $"{socket}", FindingSeverity.Note, $"{socket.Problem} A server closes it.");
}
