using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;

namespace Sockeye.Tests.Moving;

/// <summary>The binary form of a connection's state.</summary>
public sealed class ConnectionSnapshotTests
{
    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 300];

    private static readonly Gen<EndPoint?> EndPoints = Gen.OneOf<EndPoint?>(
        Gen.Const(static EndPoint? () => null),
        Gen.Select(Gen.Byte.Array[4], Gen.UShort).Select(EndPoint? (bytes, port) => new IPEndPoint(new IPAddress(bytes), port)),
        Gen.Select(Gen.Byte.Array[16], Gen.UShort, Gen.UInt)
            .Select(EndPoint? (bytes, port, scope) => new IPEndPoint(new IPAddress(bytes, scope), port)));

    [Fact]
    public void Every_state_is_read_as_it_was_written() => Gen.Select(
        Gen.String[0, 40], EndPoints, EndPoints, Bytes, Bytes, Bytes, Gen.Long[0, long.MaxValue - 1000],
        Gen.Long[0, long.MaxValue])
        .Sample((id, local, remote, unread, unsent, state, received, ticks) =>
        {
            id = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(id)); // No unpaired surrogates.
            var written = Create(id, local, remote) with
            {
                Unread = unread, Unsent = unsent, HandlerState = state, BytesReceived = received + unread.Length,
                Age = new(ticks), IdleTime = new(ticks / 2), Parts = [new("proxy", state), new("empty", default)],
            };
            var read = ConnectionSnapshot.Parse(written.ToArray());
            Assert.Equal(Describe(written), Describe(read));
        });

    [Fact]
    public void Unix_sockets_are_read_as_they_were_written()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The form of a path is that of Unix.");
        var written = Create("c1", new UnixDomainSocketEndPoint("/tmp/a.sock"), null);
        Assert.Equal(Describe(written), Describe(ConnectionSnapshot.Parse(written.ToArray())));
    }

    [Fact]
    public void Part_of_a_state_is_refused_at_every_length()
    {
        var whole = CreateFull();
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<InvalidDataException>(() => ConnectionSnapshot.Parse(whole.AsSpan(0, length)));
        var longer = Assert.Throws<InvalidDataException>(() => ConnectionSnapshot.Parse([.. whole, 0]));
        Assert.Contains("bytes follow its end", longer.Message);
    }

    [Fact]
    public void Changed_bytes_are_refused_or_read_as_another_state() => Gen.Select(
        Gen.Int[0, CreateFull().Length - 1], Gen.Byte, Gen.Int[0, CreateFull().Length - 1], Gen.Byte)
        .Sample((at, value, otherAt, other) =>
        {
            var bytes = CreateFull();
            (bytes[at], bytes[otherAt]) = (value, other);
            try
            {
                ConnectionSnapshot.Parse(bytes);
            }
            catch (InvalidDataException)
            {
                // Any other exception fails.
            }
        }, iter: 20_000);

    [Fact]
    public void Random_bytes_after_the_mark_are_refused() => Gen.Byte.Array[0, 200].Sample(bytes =>
        Assert.Throws<InvalidDataException>(() => ConnectionSnapshot.Parse([.. "SkCo\u0001"u8, .. bytes, 255])), iter: 20_000);

    [Fact]
    public void Later_version_is_refused_with_its_number()
    {
        var bytes = CreateFull();
        bytes[4] = 2;
        var refused = Assert.Throws<InvalidDataException>(() => ConnectionSnapshot.Parse(bytes));
        Assert.Contains("its version is 2, and this process reads version 1", refused.Message);
    }

    [Fact]
    public void State_that_exceeds_the_maximum_is_not_written()
    {
        var tooLarge = Create("c1", null, null) with { Unsent = new byte[ConnectionSnapshot.MaxLength] };
        Assert.Contains("MaxWaitingBytes", Assert.Throws<InvalidOperationException>(tooLarge.ToArray).Message);
    }

    private static byte[] CreateFull() => (
        Create("c7", new IPEndPoint(IPAddress.Loopback, 80), new IPEndPoint(IPAddress.IPv6Loopback, 1)) with
    {
        BytesReceived = 10, BytesSent = 20, Unread = "un"u8.ToArray(), Unsent = "sent"u8.ToArray(),
        HandlerState = "state"u8.ToArray(), Parts = [new("proxy", "x"u8.ToArray())],
    }).ToArray();

    private static ConnectionSnapshot Create(string id, EndPoint? local, EndPoint? remote) =>
        new() { ConnectionId = id, ListenerName = "127.0.0.1:80", LocalEndPoint = local, RemoteEndPoint = remote };

    private static string Describe(ConnectionSnapshot one) => string.Join(
        "|", one.ConnectionId, one.ListenerName, one.LocalEndPoint, one.RemoteEndPoint, one.BytesReceived, one.BytesSent, one.Age,
        one.IdleTime, one.ReceiveIdleTime, one.SendIdleTime, Hex(one.Unread), Hex(one.Unsent), Hex(one.HandlerState),
        string.Join(",", one.Parts.Select(part => $"{part.Name}={Hex(part.Bytes)}")));

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
