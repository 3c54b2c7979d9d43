using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>The portable transport, over one kind of address.</summary>
public sealed class SocketFixture(AddressFamily family, bool inline = false) : TransportFixture
{
    public override string? Unavailable => family switch
    {
        AddressFamily.InterNetworkV6 when !HasIPv6Loopback() => "This machine has no ::1.",
        AddressFamily.Unix when !Socket.OSSupportsUnixDomainSockets => "This system has no Unix sockets.",
        _ => null,
    };

    public override bool HasListenerTcpInfo => base.HasListenerTcpInfo && family is not AddressFamily.Unix;

    public override bool HasReset => family is not AddressFamily.Unix;

    // Addresses of documentation (RFC 5737, RFC 3849): no machine has them.
    public override EndPoint? ForeignEndPoint => family switch
    {
        AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Parse("203.0.113.1"), 0),
        AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.Parse("2001:db8::1"), 0),
        _ => null,
    };

    public override Task ResetArrivesAsync(TransportWorld world, TestEnd receiver) =>
        OperatingSystem.IsLinux() ? Task.CompletedTask : world.BecomesTrueAsync(() => IsReset(receiver));

    public override Task RunAsync(TransportSettings settings, Func<TransportWorld, Task> test)
    {
        var options = settings.ToOptions();
        options.UnsafePreferInlineScheduling = inline;
        return RunAsync(options, test);
    }

    /// <summary>For tests of what only this transport has.</summary>
    public async Task RunAsync(SocketTransportOptions options, Func<TransportWorld, Task> test)
    {
        using var directory = new TemporaryDirectory();
        var transport = new SocketTransport(options);
        await new TransportWorld
        {
            Listening = transport,
            Connecting = transport,
            NewEndPoint = () => family switch
            {
                AddressFamily.InterNetwork => new IPEndPoint(IPAddress.Loopback, 0),
                AddressFamily.InterNetworkV6 => new IPEndPoint(IPAddress.IPv6Loopback, 0),
                _ => new UnixDomainSocketEndPoint(directory.NewPath()),
            },
            Time = TimeProvider.System,
            RentedBuffers = () => options.RentedBuffers,
            AssertReleased = connection => Assert.True(
                connection.Features.Get<IConnectionSocketFeature>()!.Socket.SafeHandle.IsClosed, "The socket is still open."),
        }.RunAsync(test);
    }

    /// <summary>Whether a receive, which after FIN does not wait, reports a reset.</summary>
    private static bool IsReset(TestEnd receiver)
    {
        try
        {
            receiver.Connection.Features.Get<IConnectionSocketFeature>()!.Socket.Receive(new byte[1], SocketFlags.Peek);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static bool HasIPv6Loopback()
    {
        if (!Socket.OSSupportsIPv6)
            return false;
        try
        {
            using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
