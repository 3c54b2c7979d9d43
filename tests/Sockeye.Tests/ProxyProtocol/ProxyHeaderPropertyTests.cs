using System.Buffers;
using System.Net;
using System.Net.Sockets;
using CsCheck;
using Sockeye.Tests.Framing;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>What holds for every header, every split and any garbage.</summary>
public sealed class ProxyHeaderPropertyTests
{
    private static readonly Gen<int> Port = Gen.Int[0, 65535];

    private static readonly Gen<EndPoint> V4 = Gen.Select(Gen.Byte.Array[4], Port).Select(
        (address, port) => (EndPoint)new IPEndPoint(new IPAddress(address), port));

    // Many zeros, as in real addresses, since they are what IPv6 has short forms for.
    private static readonly Gen<EndPoint> V6 = Gen.Select(Gen.Frequency((2, Gen.Const((byte)0)), (1, Gen.Byte)).Array[16], Port)
        .Select((address, port) => (EndPoint)new IPEndPoint(new IPAddress(address), port));

    private static readonly Gen<EndPoint?> Unix = Gen.Select(Gen.Bool, Wire.AnyOf("abc/@.").Array[0, 80]).Select((isName, path) =>
        path.Length == 0 ? null : (EndPoint?)new UnixDomainSocketEndPoint(
            (isName && OperatingSystem.IsLinux() ? "\0" : "/") + System.Text.Encoding.ASCII.GetString(path)));

    private static readonly Gen<(EndPoint?, EndPoint?)> Addresses = Gen.OneOf(
        Gen.Select(V4, V4).Select((a, b) => ((EndPoint?)a, (EndPoint?)b)),
        Gen.Select(V6, V6).Select((a, b) => ((EndPoint?)a, (EndPoint?)b)),
        Gen.Select(V4, V6).Select((a, b) => ((EndPoint?)a, (EndPoint?)b)),
        Gen.Select(Unix, Unix),
        Gen.Const(((EndPoint?)null, (EndPoint?)null)));

    private static readonly Gen<ProxyTlv> Tlv = Gen.Select(Gen.Int[0, 255], Gen.Byte.Array[0, 60])
        .Where((type, _) => type is not (0x03 or 0x04 or 0x20))
        .Select((type, value) => new ProxyTlv((ProxyTlvType)type, value));

    private static readonly Gen<ProxyHeader> V1 = Gen.Select(Addresses, Gen.Bool).Select((addresses, isLocal) => new ProxyHeader
    {
        Version = ProxyProtocolVersion.V1, IsLocal = isLocal, Source = addresses.Item1, Destination = addresses.Item2,
    });

    private static readonly Gen<ProxyHeader> V2 = Gen.Select(Addresses, Gen.Bool, Tlv.Array[0, 5], Gen.Bool).Select(
        (addresses, isLocal, tlvs, hasChecksum) => new ProxyHeader
        {
            IsLocal = isLocal, Source = addresses.Item1, Destination = addresses.Item2,
            Tlvs = hasChecksum ? [.. tlvs, ProxyTlv.Checksum] : tlvs,
        });

    private static readonly Gen<ProxyHeader> Any = Gen.OneOf(V1, V2);

    private static readonly Gen<int[]> Cuts = Gen.Int[0, 1000].Array[0, 6];

    [Fact]
    public void Every_header_that_is_written_is_read_as_the_same() => Any.Sample(header =>
    {
        var input = new ReadOnlySequence<byte>([.. header.ToBytes(), .. "behind"u8]);

        Assert.True(ProxyHeader.TryParse(ref input, out var read));

        Assert.Equal("behind"u8, input.ToArray());
        Assert.Equal(Expected(header), Show(read));
    });

    [Fact]
    public void Every_split_of_a_header_is_read_as_the_same() => Gen.Select(Any, Cuts).Sample((header, cuts) =>
    {
        var bytes = header.ToBytes();
        int[] ends = [0, .. cuts.Select(cut => cut % (bytes.Length + 1)).Order(), bytes.Length];
        foreach (var input in (ReadOnlySequence<byte>[])[Wire.Segments(bytes, ends), Wire.OneByteSegments(bytes)])
        {
            var rest = input;
            Assert.True(ProxyHeader.TryParse(ref rest, out var read));
            Assert.True(rest.IsEmpty);
            Assert.Equal(Expected(header), Show(read));
        }
    });

    [Fact]
    public void Every_truncation_needs_more_and_takes_nothing() => Any.Sample(header =>
    {
        var bytes = header.ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(bytes, 0, length);
            var input = part;
            Assert.False(ProxyHeader.TryParse(ref input, out _), $"{length} of {bytes.Length} bytes were enough.");
            Assert.Equal(part, input);
        }
    });

    [Fact]
    public void Garbage_is_a_header_an_error_or_a_bounded_wait() => Garbage.Sample(garbage =>
    {
        const int max = 300;
        var input = Wire.Segments(garbage, [0, garbage.Length / 3, garbage.Length]);
        try
        {
            if (!ProxyHeader.TryParse(ref input, out _, max))
                Assert.True(input.Length < max);
        }
        catch (InvalidDataException error)
        {
            Assert.DoesNotContain(error.Message, char.IsControl);
            Assert.InRange(error.Message.Length, 20, 250);
        }
    });

    /// <summary>Real headers with some bytes changed get deeper than random bytes do.</summary>
    private static Gen<byte[]> Garbage => Gen.OneOf(
        Gen.Byte.Array[0, 400],
        Gen.Select(Any, Gen.Select(Gen.Int[0, 1000], Gen.Byte).Array[0, 4]).Select((header, changes) =>
        {
            var bytes = header.ToBytes();
            foreach (var (at, value) in changes)
                bytes[at % bytes.Length] = value;
            return bytes;
        }));

    /// <summary>
    /// What version 1 has no words for is unknown; addresses that are written as IPv6 come back as what they are.
    /// </summary>
    private static string Expected(ProxyHeader header)
    {
        var hasAddresses = !header.IsLocal && (header.Version is ProxyProtocolVersion.V2 || header.Source is IPEndPoint);
        return Show(new()
        {
            Version = header.Version,
            IsLocal = header.IsLocal && header.Version is ProxyProtocolVersion.V2,
            Source = hasAddresses ? Plain(header.Source) : null,
            Destination = hasAddresses ? Plain(header.Destination) : null,
            Tlvs = header.Tlvs,
        });
    }

    private static EndPoint? Plain(EndPoint? endpoint) => endpoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
        ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port)
        : endpoint;

    private static string Show(ProxyHeader header) => $"{header} [{header.Source}] [{header.Destination}] " + string.Join(
        ' ', header.Tlvs.Select(tlv => tlv.Type is ProxyTlvType.Checksum ? "checksum" : $"{tlv}"));
}
