using System.Net;
using System.Net.Sockets;

namespace Sockeye;

/// <summary>The addresses and ports of one recorded connection, as its frames show them.</summary>
/// <remarks>
/// An endpoint that is not IP (a Unix socket, or an unknown one) is shown as an address of the loopback network.
/// </remarks>
internal sealed class CaptureAddresses
{
    private CaptureAddresses(IPEndPoint local, IPEndPoint remote, string? standIn)
    {
        IsIPv6 = local.AddressFamily == AddressFamily.InterNetworkV6;
        (Local, Remote) = (local.Address.GetAddressBytes(), remote.Address.GetAddressBytes());
        (LocalPort, RemotePort) = ((ushort)local.Port, (ushort)remote.Port);
        SubstituteNote = standIn;
    }

    public bool IsIPv6 { get; }

    public byte[] Local { get; }

    public byte[] Remote { get; }

    public ushort LocalPort { get; }

    public ushort RemotePort { get; }

    /// <summary>A note on what the addresses represent, or null if they are real.</summary>
    public string? SubstituteNote { get; }

    /// <param name="local">The endpoint of this process.</param>
    /// <param name="remote">The endpoint of the peer.</param>
    /// <param name="isServer">Whether the peer connected to this process.</param>
    /// <param name="number">The number of the connection, which distinguishes those without addresses.</param>
    public static CaptureAddresses Create(EndPoint? local, EndPoint? remote, bool isServer, long number)
    {
        if (local is not IPEndPoint localIP || remote is not IPEndPoint remoteIP)
        {
            var (server, client) = CreateSynthetic(number);
            var (own, other) = isServer ? (server, client) : (client, server);
            return new(own, other, $"{own} stands for {Describe(local)}, {other} for {Describe(remote)}");
        }

        (localIP, remoteIP) = (Unmap(localIP), Unmap(remoteIP));
        // An address that a PROXY header gave may be of another family than the socket's.
        return localIP.AddressFamily == remoteIP.AddressFamily
            ? new(localIP, remoteIP, null)
            : new(Map(localIP), Map(remoteIP), null);
    }

    private static (IPEndPoint Served, IPEndPoint Dialling) CreateSynthetic(long number)
    {
        const int Ports = 50_000;
        var host = (uint)(number / Ports % 0xFFFF) + 2;
        return (
            new(IPAddress.Loopback, 1),
            new(new IPAddress([127, 0, (byte)(host >> 8), (byte)host]), 10_000 + (int)(number % Ports)));
    }

    private static string Describe(EndPoint? endpoint) => endpoint switch
    {
        _ when UnixPathEndPoint.IsUnix(endpoint) =>
            $"{endpoint}" is { Length: > 0 } path ? $"the Unix socket {path}" : "a Unix socket without a name",
        null => "an unknown endpoint",
        _ => $"{endpoint}",
    };

    private static IPEndPoint Unmap(IPEndPoint endpoint) =>
        endpoint.Address.IsIPv4MappedToIPv6 ? new(endpoint.Address.MapToIPv4(), endpoint.Port) : endpoint;

    private static IPEndPoint Map(IPEndPoint endpoint) => new(endpoint.Address.MapToIPv6(), endpoint.Port);
}
