using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json.Serialization;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

public sealed partial class TypedCodecTests
{
    private static Codec<Order> Json { get; } = Codec.LengthPrefixed(WireJson.Default.Order, maxLength: 64);

    private static Codec<long> Numbers { get; } = Codec.Netstring(8).WithMessages(
        (long number, IBufferWriter<byte> output) =>
        {
            BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(8), number);
            output.Advance(8);
        },
        bytes => bytes.Length == 8
            ? BinaryPrimitives.ReadInt64BigEndian(bytes.ToArray())
            : throw new FormatException("A number has 8 bytes."));

    [Fact]
    public void Json_comes_back_and_stands_behind_its_length()
    {
        var order = new Order(7, "MSFT");

        var frame = Wire.Encode(Json, order);

        Assert.Equal([0, 0, 0, .. """{"Id":7,"Symbol":"MSFT"}"""u8], (byte[])[.. frame[..3], .. frame[4..]]);
        Assert.Equal(frame.Length - 4, frame[3]);
        Assert.Equal([order], Wire.Decode(Json, frame, Enumerable.Range(1, frame.Length)).Messages);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[1]")]
    [InlineData("""{"Id":1,"Symbol":"A"} {"Id":2,"Symbol":"B"}""")]
    public void Json_that_is_no_message_is_malformed(string json)
    {
        var frame = Wire.Encode(Codec.LengthPrefixed(64), System.Text.Encoding.UTF8.GetBytes(json));

        var error = Assert.Throws<FrameException>(() => Wire.Decode(Json, frame, []));

        Assert.Equal(FrameError.Malformed, error.Error);
        Assert.Contains("Codec.LengthPrefixed", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n")]
    [InlineData("tru")]
    [InlineData("{\"")]
    [InlineData("-")]
    public void Json_that_breaks_off_is_malformed_in_any_pieces(string json)
    {
        // A payload that ends where a segment begins ends with an empty one.
        var codec = Codec.Delimited("\n"u8, maxLength: 64).WithMessages(WireJson.Default.Order);
        var frame = System.Text.Encoding.UTF8.GetBytes(json + "\n");
        foreach (var input in (ReadOnlySequence<byte>[])[new(frame), Wire.OneByteSegments(frame)])
        {
            var rest = input;
            Assert.Equal(
                FrameError.Malformed, Assert.Throws<FrameException>(() => codec.TryDecode(ref rest, out _)).Error);
        }
    }

    [Fact]
    public void Json_over_the_maximum_is_refused_before_a_byte_is_written()
    {
        var output = new ArrayBufferWriter<byte>();

        var error = Assert.Throws<FrameException>(() => Json.Encode(new Order(1, new string('x', 100)), output));

        Assert.Equal(FrameError.TooLong, error.Error);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Json_that_cannot_be_written_does_not_spoil_the_next_message()
    {
        var codec = Codec.LengthPrefixed(WireJson.Default.Reading, maxLength: 64);

        Assert.Throws<ArgumentException>(() => Wire.Encode(codec, new Reading(double.NaN)));

        Assert.Equal([new Reading(1.5)], Wire.Decode(codec, Wire.Encode(codec, new Reading(1.5)), []).Messages);
    }

    [Fact]
    public void Own_messages_come_back() =>
        Assert.Equal([-5L], Wire.Decode(Numbers, Wire.Encode(Numbers, -5), []).Messages);

    [Fact]
    public void Bytes_that_are_no_message_are_malformed_with_the_cause_inside()
    {
        var error = Assert.Throws<FrameException>(() => Wire.Decode(Numbers, "2:ab,"u8.ToArray(), []));

        Assert.Equal(FrameError.Malformed, error.Error);
        Assert.IsType<FormatException>(error.InnerException);
    }

    [Fact]
    public void Bug_of_a_decoder_passes_as_it_is()
    {
        var codec = Codec.FixedSize(1).WithMessages<string>((_, _) => { }, _ => throw new NotSupportedException());

        Assert.Throws<NotSupportedException>(() => Wire.Decode(codec, [1], []));
    }

    [Fact]
    public void Encoder_that_throws_half_way_has_written_nothing()
    {
        var output = new ArrayBufferWriter<byte>();
        var codec = Codec.Netstring(10).WithMessages<string>(
            (_, payload) =>
            {
                payload.Write("half"u8);
                throw new NotSupportedException();
            },
            _ => "");

        Assert.Throws<NotSupportedException>(() => codec.Encode("x", output));

        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Own_messages_cost_no_memory()
    {
        var output = new ArrayBufferWriter<byte>(1024);

        Assert.Equal(0, Allocations.Of(10_000, () =>
        {
            output.ResetWrittenCount();
            Numbers.Encode(42, output);
        }));
    }

    [Fact]
    public void Json_messages_are_written_without_memory()
    {
        var output = new ArrayBufferWriter<byte>(1024);
        var order = new Order(7, "MSFT");

        Assert.Equal(0, Allocations.Of(10_000, () =>
        {
            output.ResetWrittenCount();
            Json.Encode(order, output);
        }));
    }

    [Fact]
    public void Borrowed_message_is_the_input_itself_and_an_owned_one_is_a_copy()
    {
        var bytes = Wire.Encode(Codec.FixedSize(3), [1, 2, 3]);
        var (borrowed, owned) = (new ReadOnlySequence<byte>(bytes), new ReadOnlySequence<byte>(bytes));

        Assert.True(Codec.FixedSize(3).WithoutCopying().TryDecode(ref borrowed, out var slice));
        Assert.True(Codec.FixedSize(3).TryDecode(ref owned, out var copy));
        bytes[0] = 9;

        Assert.Equal(9, slice.FirstSpan[0]);
        Assert.Equal(1, copy.Span[0]);
    }

    internal sealed record Order(long Id, string Symbol);

    internal sealed record Reading(double Value);

    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(Reading))]
    internal sealed partial class WireJson : JsonSerializerContext;
}
