using System.Globalization;
using System.Runtime.Versioning;
using Microsoft.Win32;

namespace Sockeye.Cli;

/// <summary>Findings about the limits of Windows, read from the registry and from netsh.</summary>
internal static class WindowsFindings
{
    private const string TcpParameters = @"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

    // learn.microsoft.com/troubleshoot/windows-server/networking/default-dynamic-port-range-tcpip-chang
    private const int DefaultPorts = 16_384;

    public static async Task<IEnumerable<Finding>> ReadAsync(TimeProvider time)
    {
        if (!OperatingSystem.IsWindows())
            return [];
        var netsh = await ProgramOutput.ReadAsync(
            time, Path.Combine(Environment.SystemDirectory, "netsh.exe"), "int", "ipv4", "show", "dynamicport", "tcp");
        Finding?[] all = [Handles(), Backlog(), LocalPorts(netsh), TimeWait(ReadTimeWait())];
        return all.OfType<Finding>();
    }

    /// <param name="netsh">The output of netsh. Its words are in the language of the system, its numbers are not: the first
    /// port, and how many there are.</param>
    internal static Finding? LocalPorts(string netsh)
    {
        var numbers = netsh.Split('\n').Select(line => line[(line.LastIndexOf(':') + 1)..].Trim())
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
            .Where(number => number >= 0).ToList();
        if (numbers is not [var first, var count])
            return null;
        var value = string.Create(CultureInfo.InvariantCulture, $"{first} to {first + count - 1}");
        return count >= DefaultPorts ? new("local ports", value, FindingSeverity.Ok) : new(
            "local ports", value, FindingSeverity.Note,
            string.Create(CultureInfo.InvariantCulture, $"A client can have {count:N0} connections to one destination: ")
            + $"'netsh int ipv4 set dynamicport tcp start=49152 num={DefaultPorts}' sets the default of Windows.");
    }

    /// <param name="delay">The value TcpTimedWaitDelay; null if there is none.</param>
    internal static Finding TimeWait(int? delay) => delay is { } seconds
        ? new("TIME-WAIT", string.Create(CultureInfo.InvariantCulture, $"{seconds} s (TcpTimedWaitDelay)"), FindingSeverity.Ok)
        : new("TIME-WAIT", "the default of Windows (no TcpTimedWaitDelay)", FindingSeverity.Ok);

    /// <summary>learn.microsoft.com/windows/win32/sysinfo/handle-limitations</summary>
    private static Finding Handles() => new("handles", "limited by memory", FindingSeverity.Ok);

    /// <summary>learn.microsoft.com/windows/win32/api/winsock2/nf-winsock2-listen</summary>
    private static Finding Backlog() => new(
        "backlog", "SOMAXCONN", FindingSeverity.Ok, "Windows chooses the length of the accept queue, and does not report it.");

    [SupportedOSPlatform("windows")]
    private static int? ReadTimeWait()
    {
        using var key = Registry.LocalMachine.OpenSubKey(TcpParameters);
        return key?.GetValue("TcpTimedWaitDelay") as int?;
    }
}
