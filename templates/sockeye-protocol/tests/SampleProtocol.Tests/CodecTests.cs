using System.Buffers;
using CsCheck;
using Sockeye;

namespace SampleProtocol.Tests;

/// <summary>Properties of the codec, for readings and bytes that CsCheck chooses.</summary>
public sealed class CodecTests
{
    private static readonly Gen<Reading> Readings = Gen.Select(
        Gen.OneOf(Enum.GetValues<ReadingKind>().Select(kind => Gen.Const(kind)).ToArray()),
        Gen.UInt,
        Gen.Short,
        Gen.String[Gen.Char['a', 'z'], 0, ReadingCodec.MaxSensorLength],
        (kind, number, value, sensor) => new Reading(kind, number, value, sensor));

    [Fact]
    public void Readings_arrive_as_they_were_sent_however_the_bytes_are_cut() =>
        Gen.Select(Readings.Array[0, 10], Gen.Int[1, 300]).Sample((readings, piece) =>
            Assert.Equal(readings, Decode(Encode(readings), piece)));

    [Fact]
    public void Any_bytes_are_readings_or_a_frame_error() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        try
        {
            Decode(bytes, piece: bytes.Length + 1);
        }
        catch (Exception e) when (e is FrameException or ArgumentException)
        {
            // The connection that sent them ends, and no other.
        }
    });

    [Fact]
    public void Sensor_with_a_long_name_is_refused_before_the_first_byte()
    {
        var output = new ArrayBufferWriter<byte>();
        var reading = new Reading(ReadingKind.Humidity, 1, 1, new string('a', ReadingCodec.MaxSensorLength + 1));

        var error = Assert.Throws<FrameException>(() => ReadingCodec.Instance.Encode(reading, output));

        Assert.Equal(FrameError.TooLong, error.Error);
        Assert.Equal(0, output.WrittenCount);
    }

    private static byte[] Encode(IEnumerable<Reading> readings)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var reading in readings)
            ReadingCodec.Instance.Encode(reading, output);
        return output.WrittenSpan.ToArray();
    }

    // As a connection does it: decodes what has arrived, and keeps the rest for the next piece.
    private static List<Reading> Decode(byte[] bytes, int piece)
    {
        List<Reading> readings = [];
        byte[] rest = [];
        foreach (var arrived in bytes.Chunk(piece))
        {
            var input = new ReadOnlySequence<byte>([.. rest, .. arrived]);
            while (ReadingCodec.Instance.TryDecode(ref input, out var reading))
                readings.Add(reading);
            rest = input.ToArray();
        }

        return readings;
    }
}
