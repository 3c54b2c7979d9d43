using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>Descriptors that travel over Unix sockets: the same files arrive, up to the limit, and nothing leaks.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class DescriptorMessageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Socket_that_is_not_connected_is_refused_and_other_systems_say_that_only_Linux_sends()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var error = Assert.ThrowsAny<Exception>(() => DescriptorMessage.Send(socket, [1], []));
        Assert.Equal(!OperatingSystem.IsLinux(), error is PlatformNotSupportedException);
        Assert.Equal(!OperatingSystem.IsLinux(), error.Message.Contains("on Linux only", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(DescriptorMessage.MaxDescriptors)]
    public async Task Receiver_gets_the_same_files_with_the_bytes(int count)
    {
        var (sender, receiver) = await ConnectAsync();
        using var ends = new Ends(sender, receiver);
        var path = Path.Combine(_directory.Path, "file");
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        Assert.Equal(5, DescriptorMessage.Send(sender, "hello"u8, [.. Enumerable.Repeat<SafeHandle>(file, count)]));

        var buffer = new byte[100];
        Assert.Equal(5, DescriptorMessage.Receive(receiver, buffer, out var descriptors));
        Assert.Equal("hello"u8.ToArray(), buffer[..5]);
        Assert.Equal(count, descriptors.Count);
        for (var i = 0; i < count; i++)
            RandomAccess.Write(descriptors[i], [(byte)i], i);
        Assert.Equal(Enumerable.Range(0, count).Select(i => (byte)i), File.ReadAllBytes(path));
        foreach (var descriptor in descriptors)
            descriptor.Dispose();
        Assert.Equal(1, Directory.GetFileSystemEntries("/proc/self/fd").Count(entry => new FileInfo(entry).LinkTarget == path));
    }

    [Fact]
    public async Task Children_do_not_get_a_received_descriptor()
    {
        var (sender, receiver) = await ConnectAsync();
        using var ends = new Ends(sender, receiver);
        DescriptorMessage.Send(sender, [1], [sender.SafeHandle]);
        DescriptorMessage.Receive(receiver, new byte[1], out var descriptors);
        using var received = Assert.Single(descriptors);
        var flags = File.ReadLines($"/proc/self/fdinfo/{received.DangerousGetHandle()}")
            .Single(line => line.StartsWith("flags:", StringComparison.Ordinal)).Split('\t')[1].Trim();
        Assert.Equal(0x80000, Convert.ToInt32(flags, 8) & 0x80000); // O_CLOEXEC
    }

    [Fact]
    public async Task Too_many_or_too_little_is_refused_before_the_system_sees_it()
    {
        var (sender, receiver) = await ConnectAsync();
        using var ends = new Ends(sender, receiver);
        var many = Enumerable.Repeat<SafeHandle>(sender.SafeHandle, DescriptorMessage.MaxDescriptors + 1).ToList();
        Assert.Contains("at most 253 descriptors, not 254",
            Assert.Throws<ArgumentException>(() => DescriptorMessage.Send(sender, [1], many)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DescriptorMessage.Send(sender, [], []));
        Assert.Throws<ArgumentException>(() => DescriptorMessage.Receive(receiver, [], out _));
    }

    [Fact]
    public async Task Nothing_to_receive_and_the_end_differ()
    {
        var (sender, receiver) = await ConnectAsync();
        using var ends = new Ends(sender, receiver);
        receiver.Blocking = false;
        await sender.SendAsync(new byte[1], Cancelled);
        await receiver.ReceiveAsync(new byte[1], Cancelled); // .NET sets its descriptor to non-blocking with this.
        var error = Assert.Throws<SocketException>(() => DescriptorMessage.Receive(receiver, new byte[1], out _));
        Assert.Equal(SocketError.WouldBlock, error.SocketErrorCode);
        sender.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, DescriptorMessage.Receive(receiver, new byte[1], out var descriptors));
        Assert.Empty(descriptors);
    }

    [Fact]
    public void Truncated_datagram_closes_what_came()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux passes descriptors.");
        var path = _directory.NewPath();
        using var receiver = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        receiver.Bind(new UnixDomainSocketEndPoint(path));
        using var sender = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var before = ThisProcess.Sockets;
        DescriptorMessage.Send(sender, "long"u8, [sender.SafeHandle], new UnixDomainSocketEndPoint(path));
        var error = Assert.Throws<IOException>(() => DescriptorMessage.Receive(receiver, new byte[2], out _));
        Assert.Contains("longer than the buffer of 2 bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, ThisProcess.Sockets);
    }

    private async Task<(Socket Sender, Socket Receiver)> ConnectAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux passes descriptors.");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_directory.NewPath()));
        listener.Listen();
        var sender = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await sender.ConnectAsync(listener.LocalEndPoint!, Cancelled);
        return (sender, await listener.AcceptAsync(Cancelled));
    }

    private sealed class Ends(Socket sender, Socket receiver) : IDisposable
    {
        public void Dispose()
        {
            sender.Dispose();
            receiver.Dispose();
        }
    }
}
