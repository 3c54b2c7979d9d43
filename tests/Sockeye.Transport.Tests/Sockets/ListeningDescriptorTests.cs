using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>What is accepted as a descriptor of a listener, and how everything else is refused.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class ListeningDescriptorTests
{
    [Fact]
    public void Descriptor_that_is_not_open_is_refused_and_Windows_says_that_it_has_none()
    {
        var error = Assert.ThrowsAny<Exception>(() => ListeningDescriptor.Duplicate(int.MaxValue));
        Assert.Equal(OperatingSystem.IsWindows(), error is PlatformNotSupportedException);
        Assert.Equal(OperatingSystem.IsWindows(), error.Message.Contains("on Linux and macOS", StringComparison.Ordinal));
    }

    [Fact]
    public void Descriptor_knows_its_listener()
    {
        SkipOnWindows();
        using var socket = Create(AddressFamily.InterNetworkV6, listens: true);
        using var descriptor = ListeningDescriptor.Duplicate((int)socket.Handle);
        Assert.Equal(socket.LocalEndPoint, descriptor.EndPoint);
        Assert.True(descriptor.IsDualMode);
        Assert.False(descriptor.OwnsFile);
        if (OperatingSystem.IsLinux())
            Assert.Equal(17, descriptor.Backlog);
    }

    [Fact]
    public void Anything_that_is_no_listening_stream_socket_is_refused_with_its_number()
    {
        SkipOnWindows();
        using var quiet = Create(AddressFamily.InterNetwork, listens: false);
        using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var file = File.OpenHandle(typeof(ListeningDescriptorTests).Assembly.Location);
        AssertRefused((int)quiet.Handle, "it is a socket that does not listen");
        AssertRefused((int)datagrams.Handle, "it is a socket of the type Dgram, not a stream");
        AssertRefused((int)file.DangerousGetHandle(), "it is not a socket");
        AssertRefused(1_000_000, "Bad file descriptor");
        AssertRefused(-1, "Bad file descriptor");
    }

    [Fact]
    public void Refusals_leak_no_descriptor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux counts descriptors.");
        using var quiet = Create(AddressFamily.InterNetwork, listens: false);
        AssertRefused((int)quiet.Handle, "does not listen");
        var before = ThisProcess.Sockets;
        for (var i = 0; i < 20; i++)
            AssertRefused((int)quiet.Handle, "does not listen");
        Assert.Equal(before, ThisProcess.Sockets);
    }

    [Fact]
    public void Endpoint_of_another_type_is_refused()
    {
        SkipOnWindows();
        using var socket = Create(AddressFamily.InterNetwork, listens: true);
        var endpoint = new FileHandleEndPoint((ulong)socket.Handle, FileHandleType.Pipe);
        var error = Assert.Throws<IOException>(() => ListeningDescriptor.Duplicate(endpoint));
        Assert.Contains($"listens on {socket.LocalEndPoint}, which is not of the requested type Pipe", error.Message,
            StringComparison.Ordinal);
        error = Assert.Throws<IOException>(
            () => ListeningDescriptor.Duplicate(new FileHandleEndPoint(ulong.MaxValue, FileHandleType.Auto)));
        Assert.Contains("a descriptor is at most 2147483647", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sockets_of_one_listener_have_one_port()
    {
        SkipOnWindows();
        using var first = Create(AddressFamily.InterNetwork, listens: true);
        using var second = Create(AddressFamily.InterNetwork, listens: true);
        using var one = ListeningDescriptor.Duplicate((int)first.Handle);
        using var two = ListeningDescriptor.Duplicate((int)second.Handle);
        Assert.Contains("are not one listener", Assert.Throws<ArgumentException>(
            () => new InheritedEndPoint([one, two])).Message, StringComparison.Ordinal);
        Assert.Contains("1 to 1024 sockets, not 0", Assert.Throws<ArgumentException>(
            () => new InheritedEndPoint([])).Message, StringComparison.Ordinal);
        Assert.Equal($"{first.LocalEndPoint}", $"{new InheritedEndPoint([one])}");
    }

    private static void SkipOnWindows() =>
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no descriptors to inherit.");

    private static void AssertRefused(int descriptor, string reason)
    {
        var error = Assert.Throws<IOException>(() => ListeningDescriptor.Duplicate(descriptor));
        Assert.Contains($"{reason}", error.Message, StringComparison.Ordinal);
        Assert.Contains("Pass a listening stream socket", error.Message, StringComparison.Ordinal);
    }

    private static Socket Create(AddressFamily family, bool listens)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (family is AddressFamily.InterNetworkV6)
            socket.DualMode = true;
        socket.Bind(new IPEndPoint(family is AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Loopback, 0));
        if (listens)
            socket.Listen(17);
        return socket;
    }
}
