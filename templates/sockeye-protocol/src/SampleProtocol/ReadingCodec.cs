using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Sockeye;

namespace SampleProtocol;

/// <summary>Turns bytes into readings, and readings into bytes.</summary>
public sealed class ReadingCodec : Codec<Reading>
{
    public const int MaxSensorLength = 200;

    private const int HeaderLength = 9;

    // A text that is not UTF-8 is malformed, and not replaced.
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static ReadingCodec Instance { get; } = new();

    /// <summary>Nothing throws after the first byte, so that a frame goes into the output of the connection without a copy.</summary>
    public override bool IsEncodeAtomic => true;

    public override bool TryDecode(ref ReadOnlySequence<byte> input, out Reading message)
    {
        message = null!;
        if (input.Length < HeaderLength)
            return false;

        Span<byte> header = stackalloc byte[HeaderLength];
        input.Slice(0, HeaderLength).CopyTo(header);
        var length = BinaryPrimitives.ReadUInt16BigEndian(header);
        if (length is < HeaderLength or > HeaderLength + MaxSensorLength)
            throw new FrameException(FrameError.Malformed, $"A reading has {HeaderLength} to {HeaderLength + MaxSensorLength} bytes, not {length}.");
        var kind = (ReadingKind)header[2];
        if (!Enum.IsDefined(kind))
            throw new FrameException(FrameError.Malformed, $"{header[2]} is not a kind of reading.");
        if (input.Length < length)
            return false;

        var sensor = Utf8.GetString(input.Slice(HeaderLength, length - HeaderLength));
        message = new(kind, BinaryPrimitives.ReadUInt32BigEndian(header[3..]), BinaryPrimitives.ReadInt16BigEndian(header[7..]), sensor);
        input = input.Slice(length);
        return true;
    }

    public override void Encode(Reading message, IBufferWriter<byte> output)
    {
        var sensorLength = Utf8.GetByteCount(message.Sensor);
        if (sensorLength > MaxSensorLength)
            throw new FrameException(FrameError.TooLong, $"The name of the sensor has {sensorLength} bytes, and {MaxSensorLength} are allowed.");

        var length = HeaderLength + sensorLength;
        var frame = output.GetSpan(length);
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)length);
        frame[2] = (byte)message.Kind;
        BinaryPrimitives.WriteUInt32BigEndian(frame[3..], message.Number);
        BinaryPrimitives.WriteInt16BigEndian(frame[7..], message.Value);
        Utf8.GetBytes(message.Sensor, frame[HeaderLength..]);
        output.Advance(length);
    }
}
