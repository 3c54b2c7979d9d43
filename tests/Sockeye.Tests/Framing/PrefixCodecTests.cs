using System.Buffers;

namespace Sockeye.Tests.Framing;

/// <summary>Known bytes of known protocols, and what breaks their rules.</summary>
public sealed class PrefixCodecTests
{
    public static TheoryData<string, string, string> KnownFrames { get; } = new()
    {
        // Modbus TCP read holding registers (Modbus Messaging Implementation Guide 1.0b, section 3.1.3): no length counts the
        // rest.
        { "Modbus TCP", "000100000006FF0300010002", "000100000006FF0300010002" },
        // SMPP 3.4, section 3.1: enquire_link is a header alone.
        { "SMPP", "00000010000000150000000000000001", "00000010000000150000000000000001" },
        // PostgreSQL, "Message Formats": Query "SELECT 1".
        { "PostgreSQL", "510000000D53454C454354203100", "510000000D53454C454354203100" },
        { "length of 1 byte", "03616263", "616263" },
        { "length of 2 bytes, little endian", "0300616263", "616263" },
        { "length of 4 bytes", "00000003616263", "616263" },
        { "length of 8 bytes", "0000000000000003616263", "616263" },
        { "length counts itself", "00000007616263", "616263" },
        { "varint length", "03616263", "616263" },
        { "netstring", "333A6162632C", "616263" },
        { "netstring", "303A2C", "" },
    };

    [Theory, MemberData(nameof(KnownFrames))]
    public void Known_frames_are_read_and_written(string name, string frame, string message)
    {
        var codec = FrameCase.All[name].Usual;

        Assert.Equal(frame, Convert.ToHexString(Wire.Encode(codec, Convert.FromHexString(message))));
        var (messages, left) = Wire.Decode(codec, Convert.FromHexString(frame), []);
        Assert.Equal(message, Convert.ToHexString(Assert.Single(messages).Span));
        Assert.Equal(0, left);
    }

    [Fact]
    public void Length_field_of_a_written_whole_frame_is_filled_in()
    {
        var codec = FrameCase.All["PostgreSQL"].Usual;

        Assert.Equal("510000000D53454C454354203100", Convert.ToHexString(
            Wire.Encode(codec, Convert.FromHexString("51FFFFFFFF53454C454354203100"))));
    }

    [Theory]
    [InlineData("length counts itself", "00000003")]
    [InlineData("SMPP", "0000000F0000000000000000")]
    [InlineData("PostgreSQL", "5100000003")]
    [InlineData("varint length", "8000")]
    [InlineData("varint length", "838000")]
    [InlineData("varint length", "8080808080")]
    [InlineData("varint length", "FFFFFFFF1F")]
    [InlineData("netstring", "30303A")]
    [InlineData("netstring", "303161")]
    [InlineData("netstring", "3A")]
    [InlineData("netstring", "2D31")]
    [InlineData("netstring", "333A6162633B")]
    public void Bytes_against_the_rules_are_malformed(string name, string bytes)
    {
        var error = Assert.Throws<FrameException>(() => Wire.Decode(FrameCase.All[name].Usual, Convert.FromHexString(bytes), []));
        Assert.Equal(FrameError.Malformed, error.Error);
        Assert.StartsWith("Codec.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("length of 1 byte", "29")]
    [InlineData("length of 4 bytes", "FFFFFFFF")]
    [InlineData("length of 8 bytes", "FFFFFFFFFFFFFFFF")]
    [InlineData("length counts itself", "0000002D")]
    [InlineData("SMPP", "0000003D")]
    [InlineData("varint length", "C901")]
    [InlineData("varint length", "FFFFFFFF0F")]
    [InlineData("netstring", "3431")]
    public void Length_over_the_maximum_is_an_error_before_the_body(string name, string header)
    {
        var error = Assert.Throws<FrameException>(
            () => Wire.Decode(FrameCase.All[name].Usual, Convert.FromHexString(header), []));
        Assert.Equal(FrameError.TooLong, error.Error);
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(300, "AC02")]
    [InlineData(16_384, "808001")]
    public void Varint_lengths_are_those_of_protobuf(int length, string header)
    {
        var codec = Codec.VarintPrefixed(20_000);

        var frame = Wire.Encode(codec, new byte[length]);

        Assert.Equal(header, Convert.ToHexString(frame.AsSpan(0, frame.Length - length)));
        Assert.Equal(length, Assert.Single(Wire.Decode(codec, frame, []).Messages).Length);
    }

    [Fact]
    public void Maximum_that_the_length_field_cannot_express_is_refused()
    {
        Codec.LengthPrefixed(255, new() { LengthSize = 1 });
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Codec.LengthPrefixed(256, new() { LengthSize = 1 }));
        Assert.Contains("255", error.Message, StringComparison.Ordinal);

        Assert.Throws<ArgumentOutOfRangeException>(
            () => Codec.LengthPrefixed(255, new() { LengthSize = 1, Counts = LengthCounts.FromLengthField }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Codec.LengthPrefixed(15, new() { BytesAfterLength = 12 }));
    }

    [Fact]
    public void Options_are_checked_where_they_are_set()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthPrefixOptions { LengthSize = 3 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthPrefixOptions { Counts = (LengthCounts)9 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthPrefixOptions { BytesBeforeLength = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LengthPrefixOptions { BytesAfterLength = 256 });
    }

    [Theory]
    [InlineData("SMPP", 15)]
    [InlineData("fixed size", 7)]
    public void Message_shorter_than_its_frame_demands_is_not_written(string name, int length)
    {
        var output = new ArrayBufferWriter<byte>();

        var error = Assert.Throws<FrameException>(() => FrameCase.All[name].Usual.Encode(new byte[length], output));

        Assert.Equal(FrameError.Malformed, error.Error);
        Assert.Equal(0, output.WrittenCount);
    }

    [Theory]
    [InlineData("x", "axb", true)]
    [InlineData("aa", "a", true)]
    [InlineData("aba", "ab", true)]
    [InlineData("aba", "ba", false)]
    [InlineData("ab", "a", false)]
    public void Payload_that_a_reader_would_end_too_early_is_not_written(string delimiter, string payload, bool refused)
    {
        var codec = Codec.Delimited(System.Text.Encoding.ASCII.GetBytes(delimiter), 10);
        var message = System.Text.Encoding.ASCII.GetBytes(payload);

        if (refused)
            Assert.Equal(FrameError.Malformed, Assert.Throws<FrameException>(() => Wire.Encode(codec, message)).Error);
        else
            Assert.Equal(message, Assert.Single(Wire.Decode(codec, Wire.Encode(codec, message), []).Messages).ToArray());
    }

    [Fact]
    public void Delimiter_has_at_least_one_byte() => Assert.Throws<ArgumentException>(() => Codec.Delimited([], 10));
}
