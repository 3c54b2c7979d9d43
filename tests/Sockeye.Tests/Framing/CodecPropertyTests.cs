using System.Buffers;
using CsCheck;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>What every framing has to keep, for any payload and any split of the stream.</summary>
public sealed class CodecPropertyTests
{
    /// <summary>No header, delimiter or trailer of a codec here is longer.</summary>
    private const int MaxOverhead = 16;

    [Theory, MemberData(nameof(FrameCase.Names), MemberType = typeof(FrameCase))]
    public void Any_split_of_the_bytes_decodes_to_what_was_encoded(string name)
    {
        var frames = FrameCase.All[name];
        var codec = frames.Usual;

        Gen.Select(frames.Payload.Array[0, 6], Gen.Int[0, 1000].Array[0, 10]).Sample((payloads, cuts) =>
        {
            var stream = payloads.SelectMany(payload => Wire.Encode(codec, payload)).ToArray();

            var (messages, left) = Wire.Decode(codec, stream, cuts.Select(cut => cut % (stream.Length + 1)).Order());

            Assert.Equal(payloads.Select(Convert.ToHexString), messages.Select(message => Convert.ToHexString(message.Span)));
            Assert.Equal(0, left);
        });
    }

    [Theory, MemberData(nameof(FrameCase.Names), MemberType = typeof(FrameCase))]
    public void One_byte_at_a_time_decodes_to_the_same_borrowed_messages(string name)
    {
        var frames = FrameCase.All[name];
        var codec = frames.Usual.WithoutCopying();

        frames.Payload.Array[1, 4].Sample(payloads =>
        {
            var stream = payloads.SelectMany(payload => Wire.Encode(frames.Usual, payload)).ToArray();

            var (messages, left) = Wire.Decode(codec, stream, Enumerable.Range(1, stream.Length));

            Assert.Equal(
                payloads.Select(Convert.ToHexString), messages.Select(message => Convert.ToHexString(message.ToArray())));
            Assert.Equal(0, left);
        });
    }

    [Theory, MemberData(nameof(FrameCase.Names), MemberType = typeof(FrameCase))]
    public void Part_of_a_frame_is_no_message_and_stays_where_it_is(string name)
    {
        var frames = FrameCase.All[name];

        Gen.Select(frames.Payload, Gen.Int[0, 1000]).Sample((payload, cut) =>
        {
            var frame = Wire.Encode(frames.Usual, payload);
            var part = Wire.OneByteSegments(frame[..(cut % frame.Length)]);
            var input = part;

            Assert.False(frames.Usual.TryDecode(ref input, out _));
            Assert.Equal(part, input);
        });
    }

    [Theory, MemberData(nameof(FrameCase.NamesWithMaximum), MemberType = typeof(FrameCase))]
    public void Over_long_frame_is_an_error_before_more_than_the_maximum_has_come(string name)
    {
        var frames = FrameCase.All[name];

        frames.Payload.Where(payload => payload.Length > MaxOverhead).Sample(payload =>
        {
            var max = payload.Length - 1;
            var codec = frames.Create(max);
            var frame = Wire.Encode(frames.Usual, payload);

            var error = Assert.Throws<FrameException>(() => Wire.Decode(codec, frame, Enumerable.Range(1, frame.Length)));
            Assert.Equal(FrameError.TooLong, error.Error);
            Assert.Contains($"{max}", error.Message, StringComparison.Ordinal);

            var early = frame[..Math.Min(frame.Length, max + MaxOverhead)];
            Assert.Throws<FrameException>(() => Wire.Decode(codec, early, []));
        });
    }

    [Theory, MemberData(nameof(FrameCase.Names), MemberType = typeof(FrameCase))]
    public void Message_over_the_maximum_is_refused_before_a_byte_is_written(string name)
    {
        var frames = FrameCase.All[name];
        var output = new ArrayBufferWriter<byte>();

        var error = Assert.Throws<FrameException>(() => frames.Usual.Encode(new byte[frames.Max + 1], output));

        Assert.Equal(FrameError.TooLong, error.Error);
        Assert.Contains($"{frames.Max + 1}", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, output.WrittenCount);
    }

    [Theory, MemberData(nameof(FrameCase.Names), MemberType = typeof(FrameCase))]
    public void Garbage_ends_in_an_error_or_a_bounded_wait_for_more(string name)
    {
        var frames = FrameCase.All[name];
        var codec = frames.Usual.WithoutCopying();
        // Digits, colons, small numbers and few letters get deeper into the codecs than random bytes do.
        var likely = Wire.AnyOf("0123456789:,ab\0\u0001\u0002\u0003\u0080\u00FF");

        Gen.Frequency((1, (IGen<byte>)Gen.Byte), (3, likely)).Array[0, 400].Sample(garbage =>
        {
            var input = Wire.Segments(garbage, [0, garbage.Length / 3, garbage.Length]);
            try
            {
                for (var before = input.Length; codec.TryDecode(ref input, out var message); before = input.Length)
                {
                    Assert.True(input.Length < before);
                    Assert.True(message.Length <= frames.Max);
                }

                Assert.True(input.Length < frames.Max + MaxOverhead);
            }
            catch (FrameException error)
            {
                Assert.NotEqual(FrameError.Truncated, error.Error);
            }
        });
    }

    [Theory, MemberData(nameof(FrameCase.Names), MemberType = typeof(FrameCase))]
    public void Borrowed_frames_cost_no_memory(string name)
    {
        var frames = FrameCase.All[name];
        var codec = frames.Usual.WithoutCopying();
        var payload = frames.Payload.Where(payload => payload.Length >= Math.Min(20, frames.Max)).Single();
        var message = new ReadOnlySequence<byte>(payload);
        var output = new ArrayBufferWriter<byte>(1024);
        void RoundTrip()
        {
            output.ResetWrittenCount();
            codec.Encode(message, output);
            var input = new ReadOnlySequence<byte>(output.WrittenMemory);
            Assert.True(codec.TryDecode(ref input, out _));
        }

        Assert.Equal(0, Allocations.Of(10_000, RoundTrip));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Maximum_is_checked_where_the_codec_is_made(int maxLength)
    {
        Action[] all =
        [
            () => Codec.Lines(maxLength), () => Codec.Delimited("x"u8, maxLength), () => Codec.FixedSize(maxLength),
            () => Codec.LengthPrefixed(maxLength), () => Codec.VarintPrefixed(maxLength), () => Codec.Netstring(maxLength),
        ];
        Assert.All(all, create => Assert.Throws<ArgumentOutOfRangeException>(create));
    }
}
