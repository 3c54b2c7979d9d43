using System.Net;

namespace Sockeye.Cli;

/// <summary>Reads the sockets from the kernel of Linux, as <c>ss</c> does. Safe for concurrent callers.</summary>
internal sealed class DiagSockets : IKernelSockets, IDisposable
{
    private readonly Lock _lock = new();
    private readonly DiagSocket _socket = new();
    private readonly List<SocketEntry> _entries = [];

    private DiagSockets()
    {
    }

    public string Source => "NETLINK_SOCK_DIAG";

    public bool HasAll => true;

    /// <summary>Returns null on another system, or if this one refuses to list its sockets.</summary>
    public static DiagSockets? TryCreate()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        DiagSockets? sockets = null;
        try
        {
            sockets = new();
            sockets.Read(new(IPAddress.Loopback, 0));
            return sockets;
        }
        catch (SocketDiagnosticsException)
        {
            sockets?.Dispose();
            return null;
        }
    }

    public IReadOnlyList<KernelSocket> Read(IPEndPoint endpoint)
    {
        var name = SocketName.From(endpoint);
        lock (_lock)
        {
            _entries.Clear();
            // A client may use IPv4 through a socket of IPv6.
            foreach (var family in (ReadOnlySpan<byte>)[DiagRequest.IPv4, DiagRequest.IPv6])
                _socket.Read(family, DiagRequest.Connections, _entries);
            return [.. _entries.Where(entry => entry.Local == name || entry.Remote == name).Select(Convert)];
        }
    }

    public void Dispose() => _socket.Dispose();

    internal static KernelSocket Convert(SocketEntry entry)
    {
        var timer = entry.Timer switch
        {
            SocketTimer.Retransmit => "retransmit",
            SocketTimer.KeepAlive => "keep-alive",
            SocketTimer.TimeWait => "time-wait",
            SocketTimer.ZeroWindowProbe => "probe",
            _ => null,
        };
        return new(entry.Local.ToEndPoint(), entry.Remote.ToEndPoint(), StepText.State(entry.State))
        {
            SendQueue = entry.SendQueue,
            ReceiveQueue = entry.ReceiveQueue,
            Timer = timer,
            TimeLeft = timer is null ? null : Math.Round(entry.TimerExpires / 1000.0, 2),
            Retransmits = entry.Resent,
        };
    }
}
