using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Sockeye.Cli;

/// <summary>The processes that serve the targets of a load on this machine: those that have the listening sockets open. A server
/// with workers has several.</summary>
internal sealed record LocalServer(IReadOnlyList<SocketOwner> Processes)
{
    private const string UnixSockets = "/proc/net/unix";
    private const string UnixListening = "00010000"; // SO_ACCEPTCON
    private const int FlagsField = 3;
    private const int InodeField = 6;
    private const int PathField = 7;

    /// <summary>Returns the processes; null unless all targets are of this machine, and of processes that this user may
    /// see.</summary>
    public static LocalServer? Find(IReadOnlyList<EndPoint> targets)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        List<SocketEntry> listeners = [];
        using (var sockets = new SystemSockets())
            sockets.Read(listeners, []);
        var owners = new SocketOwners(TimeProvider.System);
        var processes = targets.Select(target => owners.FindProcesses(FindInodes(target, listeners))).ToList();
        return processes.Any(list => list.Count == 0) ? null : new([.. processes.SelectMany(list => list).Distinct()]);
    }

    /// <summary>Returns the processor time of the processes in nanoseconds; null if one of them has ended.</summary>
    public long? ReadCpu() => Processes.Aggregate((long?)0, (sum, process) => sum + ProcessCpu.Read(process.ProcessId));

    /// <summary>Returns the sockets that listen on a path, from the lines of /proc/net/unix.</summary>
    internal static HashSet<uint> FindInodes(IEnumerable<string> lines, string path) =>
    [
        .. lines.Select(line => line.Split(' ', PathField + 1, StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > PathField && fields[FlagsField] is UnixListening && fields[PathField] == path)
            .Select(fields => uint.Parse(fields[InodeField], CultureInfo.InvariantCulture)),
    ];

    private static HashSet<uint> FindInodes(EndPoint target, List<SocketEntry> listeners) => target switch
    {
        UnixDomainSocketEndPoint unix when File.Exists(UnixSockets) => FindInodes(File.ReadLines(UnixSockets), unix.ToString()),
        DnsEndPoint { Host: "localhost" } name => FindInodes(listeners, name.Port, null),
        IPEndPoint ip when IPAddress.IsLoopback(ip.Address) || IsOwn(ip.Address) =>
            FindInodes(listeners, ip.Port, SocketName.From(ip)),
        _ => [],
    };

    private static HashSet<uint> FindInodes(List<SocketEntry> listeners, int port, SocketName? name) =>
    [
        .. listeners.Where(listener => listener.Local.Port == port
                && (name is null || listener.Local.IsUnspecified || listener.Local.Address == name.Value.Address))
            .Select(listener => listener.Inode),
    ];

    private static bool IsOwn(IPAddress address) => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(each => each.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(address));
}
