using System.Net;
using System.Net.NetworkInformation;

namespace Sockeye.Cli;

/// <summary>The TCP sockets of the system: on Linux by NETLINK_SOCK_DIAG, with measurements; elsewhere, or if that is refused,
/// the addresses and states that .NET knows.</summary>
internal sealed class SystemSockets : IDisposable
{
    private readonly DiagSocket? _diag;

    public SystemSockets()
    {
        if (!OperatingSystem.IsLinux())
        {
            Limitation = "this system reports addresses and states only";
            return;
        }

        try
        {
            _diag = new();
            _diag.Read(DiagRequest.IPv4, DiagRequest.Listeners, []);
        }
        catch (SocketDiagnosticsException e)
        {
            _diag?.Dispose();
            _diag = null;
            Limitation = $"addresses and states only: {e.Message}";
        }
    }

    /// <summary>Gets the reason why measurements are missing, as a sentence without a full stop; null if they are not.</summary>
    public string? Limitation { get; }

    /// <summary>Fills the lists with the sockets of this moment.</summary>
    public void Read(List<SocketEntry> listeners, List<SocketEntry> connections)
    {
        listeners.Clear();
        connections.Clear();
        if (_diag is null)
        {
            ReadFromRuntime(listeners, connections);
            return;
        }

        foreach (var family in (ReadOnlySpan<byte>)[DiagRequest.IPv4, DiagRequest.IPv6])
        {
            _diag.Read(family, DiagRequest.Listeners, listeners);
            _diag.Read(family, DiagRequest.Connections, connections);
        }
    }

    public void Dispose() => _diag?.Dispose();

    private static void ReadFromRuntime(List<SocketEntry> listeners, List<SocketEntry> connections)
    {
        var system = IPGlobalProperties.GetIPGlobalProperties();
        foreach (var endpoint in system.GetActiveTcpListeners())
            listeners.Add(ToEntry(endpoint, new(endpoint.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork
                ? IPAddress.Any : IPAddress.IPv6Any, 0), TcpState.Listen));
        foreach (var connection in system.GetActiveTcpConnections())
        {
            if (connection.State is not TcpState.Listen)
                connections.Add(ToEntry(connection.LocalEndPoint, connection.RemoteEndPoint, connection.State));
        }
    }

    private static SocketEntry ToEntry(IPEndPoint local, IPEndPoint remote, TcpState state)
    {
        var (near, far) = (SocketName.From(local), SocketName.From(remote));
        return new() { Local = near, Remote = far, State = state, Cookie = GetCookie(near, far) };
    }

    /// <summary>Returns the same number for the same pair of addresses (FNV-1a).</summary>
    private static ulong GetCookie(SocketName local, SocketName remote)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var part in (ReadOnlySpan<ulong>)[
            (ulong)local.Address, (ulong)(local.Address >> 64), (ulong)remote.Address, (ulong)(remote.Address >> 64),
            ((ulong)local.Port << 16) | remote.Port])
            hash = (hash ^ part) * 0x100000001b3;
        return hash;
    }
}
