using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>The result of a send's completion: all of it, or how much went before it ended.</summary>
public sealed class RingSendTests
{
    private const int Large = 32 << 20;
    private const int BrokenPipe = 32;
    private const int ConnectionReset = 104;

    [Fact]
    public void Send_larger_than_the_socket_takes_completes_once_all_of_it_went()
    {
        using var driver = RingDriver.Create();
        using var pair = SocketPair.Create();
        var data = GC.AllocateArray<byte>(4 << 20, pinned: true);
        Fill(data);
        driver.Ring.Next().Send(pair.First, RingDriver.Address(data), data.Length, userData: 1);
        driver.RunOnce();
        Assert.Empty(driver.Completions);

        var received = new List<byte>();
        var chunk = new byte[65536];
        while (received.Count < data.Length)
        {
            var count = (int)Native.Receive(pair.Second, chunk, chunk.Length, 0);
            if (count > 0)
                received.AddRange(chunk.AsSpan(0, count));
            else
                driver.RunOnce();
        }

        driver.RunUntil(() => driver.HasEnded(1));
        Assert.Equal(data.Length, Assert.Single(driver.Completions).Result);
        Assert.True(received.SequenceEqual(data));
    }

    [Fact]
    public void Parts_of_a_message_are_sent_in_order()
    {
        using var driver = RingDriver.Create();
        using var pair = SocketPair.Create();
        var data = GC.AllocateArray<byte>(300, pinned: true);
        Fill(data);
        // struct iovec[2], then struct msghdr: name, its length, parts, their number, control, its length, flags.
        nint[] parts = [RingDriver.Address(data, 200), 100, RingDriver.Address(data), 200];
        var pinnedParts = GCHandle.Alloc(parts, GCHandleType.Pinned);
        nint[] header = [0, 0, pinnedParts.AddrOfPinnedObject(), 2, 0, 0, 0];
        var pinnedHeader = GCHandle.Alloc(header, GCHandleType.Pinned);

        driver.Ring.Next().SendMessage(pair.First, pinnedHeader.AddrOfPinnedObject(), userData: 1);
        driver.RunUntil(() => driver.HasEnded(1));
        pinnedHeader.Free();
        pinnedParts.Free();

        Assert.Equal(300, Assert.Single(driver.Completions).Result);
        var received = new byte[400];
        Assert.Equal(300, Native.Receive(pair.Second, received, received.Length, 0));
        Assert.Equal([.. data[200..], .. data[..200]], received[..300]);
    }

    [Fact]
    public void Cancelled_send_says_how_much_went()
    {
        using var driver = RingDriver.Create();
        using var pair = SocketPair.Create();
        var data = GC.AllocateArray<byte>(Large, pinned: true);
        driver.Ring.Next().Send(pair.First, RingDriver.Address(data), data.Length, userData: 1);
        driver.RunOnce();
        driver.Ring.Next().Cancel(pair.First, userData: 2);
        driver.RunUntil(() => driver.HasEnded(1) && driver.HasEnded(2));

        var sent = driver.CompletionsOf(1)[0].Result;
        Assert.InRange(sent, 1, Large - 1);
        Assert.Equal(sent, CountReadable(pair.Second));
        GC.KeepAlive(data);
    }

    [Fact]
    public void Send_that_the_peer_resets_is_short_and_the_next_one_fails()
    {
        using var driver = RingDriver.Create();
        var (ours, peer) = ConnectedTcp();
        using var _ = ours;
        var data = GC.AllocateArray<byte>(Large, pinned: true);
        var descriptor = (int)ours.Handle;
        driver.Ring.Next().Send(descriptor, RingDriver.Address(data), data.Length, userData: 1);
        driver.RunOnce();
        peer.LingerState = new(true, 0);
        peer.Dispose();
        driver.RunUntil(() => driver.HasEnded(1));
        Assert.InRange(driver.CompletionsOf(1)[0].Result, 1, Large - 1);

        driver.Ring.Next().Send(descriptor, RingDriver.Address(data), 1, userData: 2);
        driver.RunUntil(() => driver.HasEnded(2));
        Assert.True(driver.CompletionsOf(2)[0].Result is -BrokenPipe or -ConnectionReset);
        GC.KeepAlive(data);
    }

    [Fact]
    public void Accept_and_connect_meet_and_close_ends_the_descriptor()
    {
        using var driver = RingDriver.Create();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var address = listener.LocalEndPoint!.Serialize();
        var bytes = GC.AllocateArray<byte>(address.Size, pinned: true);
        address.Buffer.Span[..address.Size].CopyTo(bytes);

        driver.Ring.Next().AcceptMultishot((int)listener.Handle, userData: 1);
        driver.Ring.Next().Connect((int)client.Handle, RingDriver.Address(bytes), bytes.Length, userData: 2);
        driver.RunUntil(() => driver.CompletionsOf(1).Length == 1 && driver.HasEnded(2));
        GC.KeepAlive(bytes);
        Assert.Equal(0, driver.CompletionsOf(2)[0].Result);
        Assert.True(driver.CompletionsOf(1)[0].HasMore);

        var accepted = driver.CompletionsOf(1)[0].Result;
        Assert.True(DescriptorInfo.IsCloseOnExec(accepted));
        driver.Ring.Next().Close(accepted, userData: 3);
        driver.RunUntil(() => driver.HasEnded(3));
        Assert.Equal(0, driver.CompletionsOf(3)[0].Result);
        var end = new byte[1];
        driver.Ring.Next().Poll((int)client.Handle, 1, userData: 4);
        driver.RunUntil(() => driver.HasEnded(4));
        Assert.Equal(0, Native.Receive((int)client.Handle, end, 1, 0));

        driver.Ring.Next().Cancel((int)listener.Handle, userData: 5);
        driver.RunUntil(() => driver.HasEnded(1) && driver.HasEnded(5));
    }

    private static (Socket Ours, Socket Peer) ConnectedTcp()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        ours.Connect(listener.LocalEndPoint!);
        return (ours, listener.Accept());
    }

    private static long CountReadable(int socket)
    {
        var chunk = new byte[65536];
        long sum = 0;
        for (nint count; (count = Native.Receive(socket, chunk, chunk.Length, 0)) > 0; sum += count)
            continue;
        return sum;
    }

    private static void Fill(byte[] data)
    {
        for (var i = 0; i < data.Length; i++)
            data[i] = (byte)(i * 31 >> 3);
    }
}
