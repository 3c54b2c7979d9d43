using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>
/// Urgent bytes (RFC 9293, section 3.8.5; MSG_OOB in send(2)) may or may not be part of the stream, as the system decides, and
/// cut a receive in two where they stand. All other bytes arrive, in order, and so does the end.
/// </summary>
public sealed class UrgentDataTests
{
    private const char Urgent = '!';

    private static readonly string Long = new('x', 100_000);

    /// <summary>Urgent bytes first, in the middle, last, alone, several, side by side, and in a long stream.</summary>
    private static readonly string[] Streams =
        ["!abc", "abc!defg", "abc!", "!", "a!b!c!d", "!!abc", "ab!!cd", $"{Long}!{Long}", $"!{Long}!"];

    public static MatrixTheoryData<string, int> Each => new(EachKernelTransport.Names, Enumerable.Range(0, Streams.Length));

    /// <summary>What does not fit into the receiver's window is lost by a reset.</summary>
    public static MatrixTheoryData<string, int> EachWithReset => new(
        EachKernelTransport.NamesOfTcp, Enumerable.Range(0, Streams.Length).Where(i => Streams[i].Length < Long.Length));

    [Theory, MemberData(nameof(Each))]
    public Task Bytes_around_an_urgent_one_arrive_without_another_byte_behind_them(string transport, int stream) =>
        RunAsync(transport, async (world, listener, client) =>
        {
            var expected = Send(client, Streams[stream]);
            var server = await world.AcceptAsync(listener);
            await ShouldReceiveAsync(server, expected);

            await server.SendAsync("answer");
            Assert.Equal("answer", await ReceiveAsync(world, client, 6));
            Send(client, "and on");
            await ShouldReceiveAsync(server, "and on");
        });

    [Theory, MemberData(nameof(Each))]
    public Task A_fin_behind_an_urgent_byte_arrives_after_all_others(string transport, int stream) =>
        RunAsync(transport, async (world, listener, client) =>
        {
            var expected = Send(client, Streams[stream]);
            client.Shutdown(SocketShutdown.Send);
            var server = await world.AcceptAsync(listener);
            Assert.Equal(expected, Ordinary(await server.ReceiveToEndAsync()));
        });

    [Theory, MemberData(nameof(EachWithReset))]
    public Task A_reset_behind_an_urgent_byte_arrives_after_all_others(string transport, int stream)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems drop what was not received when a reset comes.");
        return RunAsync(transport, async (world, listener, client) =>
        {
            var server = await world.AcceptAsync(listener);
            var expected = Send(client, Streams[stream]);
            client.Close(timeout: 0);
            await ShouldReceiveAsync(server, expected);
            Assert.IsType<ConnectionResetException>(await server.ReceiveToErrorAsync());
        });
    }

    [Theory, MemberData(nameof(Each))]
    public Task A_fin_behind_an_urgent_byte_is_seen_while_closing(string transport, int stream) =>
        RunAsync(transport, async (world, listener, client) =>
        {
            Send(client, Streams[stream]);
            client.Shutdown(SocketShutdown.Send);
            var server = await world.AcceptAsync(listener);
            await server.DisposeAsync();
            Assert.True(server.Reason!.IsOrderly);
            Assert.Equal("", await ReceiveAsync(world, client, 1));
        });

    private static Task RunAsync(string transport, Func<TransportWorld, IConnectionListener, Socket, Task> test) =>
        // An end that is missed makes this wait forever.
        EachKernelTransport.RunAsync(transport, new() { LingerTimeout = TimeSpan.FromHours(1) }, async world =>
        {
            var listener = await world.ListenAsync();
            using var client = new Socket(listener.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            if (client.AddressFamily is not AddressFamily.Unix)
                client.NoDelay = true;
            await client.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken);
            await test(world, listener, client);
        });

    /// <summary>Gives the bytes that must arrive.</summary>
    private static string Send(Socket socket, string stream)
    {
        var begun = 0;
        for (var at = stream.IndexOf(Urgent, 0); at >= 0; at = stream.IndexOf(Urgent, begun))
        {
            SendAll(socket, stream[begun..at]);
            socket.Send([(byte)Urgent], SocketFlags.OutOfBand);
            begun = at + 1;
        }

        SendAll(socket, stream[begun..]);
        return Ordinary(Encoding.ASCII.GetBytes(stream));
    }

    private static void SendAll(Socket socket, string text)
    {
        var left = Encoding.ASCII.GetBytes(text).AsSpan();
        while (!left.IsEmpty)
            left = left[socket.Send(left)..];
    }

    /// <summary>All these bytes, whatever urgent ones are among them.</summary>
    private static async Task ShouldReceiveAsync(TestEnd end, string text)
    {
        var received = new StringBuilder();
        while (received.Length < text.Length)
        {
            var read = await end.ReadAsync(TestContext.Current.CancellationToken);
            Assert.False(read.IsCompleted, $"It ended after {received.Length} of {text.Length} bytes.");
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, text.Length - received.Length));
            received.Append(Ordinary(taken.ToArray()));
            end.Input.AdvanceTo(taken.End);
        }

        Assert.Equal(text, received.ToString());
    }

    /// <summary>Up to the given number of bytes; none at the end.</summary>
    private static async Task<string> ReceiveAsync(TransportWorld world, Socket socket, int most)
    {
        var buffer = new byte[most];
        return Encoding.ASCII.GetString(buffer.AsSpan(0, await world.Soon(socket.ReceiveAsync(buffer, SocketFlags.None))));
    }

    private static string Ordinary(byte[] bytes) =>
        Encoding.ASCII.GetString(bytes).Replace($"{Urgent}", "", StringComparison.Ordinal);
}
