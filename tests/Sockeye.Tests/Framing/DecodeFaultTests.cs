using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>What a decoder throws is the peer's fault, whose bytes it was given, unless no bytes explain it.</summary>
public sealed partial class DecodeFaultTests
{
    private const int Seed = 3304;

    private static readonly Dictionary<string, Func<ReadOnlySequence<byte>, string>> Decoders = new()
    {
        ["BinaryPrimitives"] = bytes => $"{BinaryPrimitives.ReadInt64BigEndian(bytes.FirstSpan)}",
        ["a slice of the sequence"] = bytes => Encoding.ASCII.GetString(bytes.Slice(8, 4)),
        ["a slice of a span"] = bytes => Encoding.ASCII.GetString(bytes.FirstSpan[8..]),
        ["an index"] = bytes => $"{bytes.ToArray()[8]}",
        ["a number as text"] = bytes => $"{int.Parse(bytes.FirstSpan)}",
        ["a number that is too great"] = bytes => $"{byte.Parse("999")}{bytes.Length}",
        ["an arithmetic overflow"] = bytes => $"{checked(int.MaxValue + (int)bytes.Length)}",
        ["the first of none"] = bytes => $"{bytes.ToArray().Skip(8).First()}",
        ["a name that is not in a table"] = bytes => new Dictionary<long, string>()[bytes.Length],
        ["strict text"] = bytes => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes),
        ["a stream that ends"] = bytes => $"{new BinaryReader(new MemoryStream(bytes.ToArray())).ReadDouble()}",
        ["a custom error"] = _ => throw new InvalidDataException("No such version."),
        ["an array of a negative size"] = bytes => $"{new byte[bytes.Length - 100].Length}",
    };

    public static TheoryData<string> Names => [.. Decoders.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Frame_that_its_decoder_throws_at_ends_its_connection_as_the_peers_fault(string name) => Simulated.Run(
        Seed, async world =>
        {
            var codec = Codec.LengthPrefixed(64).WithMessages<string>((_, _) => { }, Decoders[name]);

            AssertBlamesPeer(world, await EndOf(world, codec, [0, 0, 0, 3, 0xff, (byte)'b', (byte)'c']));
        });

    [Fact]
    public void Codec_of_ones_own_that_throws_is_the_peers_fault_too() => Simulated.Run(Seed, async world =>
        AssertBlamesPeer(world, await EndOf(world, new OwnCodec(), "x\n"u8.ToArray())));

    [Fact]
    public void Json_that_names_none_of_several_types_is_the_peers_fault() => Simulated.Run(Seed, async world =>
    {
        var codec = Codec.LengthPrefixed(ShapeJson.Default.Shape, maxLength: 64);

        AssertBlamesPeer(world, await EndOf(world, codec, [0, 0, 0, 2, .. "{}"u8]));
    });

    [Theory]
    [InlineData(typeof(NullReferenceException))]
    [InlineData(typeof(NotImplementedException))]
    [InlineData(typeof(NotSupportedException))]
    [InlineData(typeof(ObjectDisposedException))]
    [InlineData(typeof(OutOfMemoryException))]
    public void Error_that_no_bytes_can_cause_is_the_handlers(Type type) => Simulated.Run(Seed, async world =>
    {
        var codec = Codec.FixedSize(1).WithMessages<string>((_, _) => { }, _ => throw (Exception)(
            type == typeof(ObjectDisposedException) ? new ObjectDisposedException("cache") : Activator.CreateInstance(type)!));

        var end = await EndOf(world, codec, [1]);

        Assert.Contains($"Local HandlerError Both, the handler threw {type.Name}: ", end, StringComparison.Ordinal);
        Assert.DoesNotContain("..", end, StringComparison.Ordinal);
        Assert.Equal(LogLevel.Error, Assert.Single(world.Log.WithId(1201)).Level);
    });

    /// <summary>Sends the bytes to a server with this codec; returns the line about the connection's end.</summary>
    private static async Task<string> EndOf<TMessage>(Simulated world, Codec<TMessage> codec, byte[] bytes)
    {
        await using var server = await world.StartWith(listen => listen.Run(codec, async peer =>
        {
            await foreach (var _ in peer.ReadAllAsync())
                Assert.Fail("Nothing of it is a message.");
        }));
        await using var client = await world.Connect();
        foreach (var piece in (byte[][])[bytes[..^1], bytes[^1..]])
        {
            await client.Transport.Output.WriteAsync(piece, CancellationToken.None);
            await world.Pass(TimeSpan.FromSeconds(1));
        }

        return (await world.ConnectionEnded()).Message;
    }

    private static void AssertBlamesPeer(Simulated world, string end)
    {
        Assert.Contains("Peer ProtocolError Input", end, StringComparison.Ordinal);
        Assert.DoesNotContain("..", end, StringComparison.Ordinal);
        Assert.EndsWith(".", end, StringComparison.Ordinal);
        Assert.Empty(world.Log.WithId(1201));
        Assert.DoesNotContain(world.Log.Lines.GetSnapshot(), line => line.Level >= LogLevel.Warning);
    }

    private sealed class OwnCodec : Codec<string>
    {
        public override bool TryDecode(ref ReadOnlySequence<byte> input, out string message)
        {
            message = $"{BinaryPrimitives.ReadInt64BigEndian(input.FirstSpan)}";
            return true;
        }

        public override void Encode(string message, IBufferWriter<byte> output)
        {
        }
    }

    [JsonPolymorphic]
    [JsonDerivedType(typeof(Circle), "circle")]
    internal abstract record Shape;

    internal sealed record Circle(double Radius) : Shape;

    [JsonSerializable(typeof(Shape))]
    internal sealed partial class ShapeJson : JsonSerializerContext;
}
