using System.Buffers.Binary;
using System.Text;

namespace Sockeye.Clustering;

/// <summary>Reads the fields of a frame that <see cref="FrameWriter"/> wrote. A frame that ends early, or has no valid field,
/// throws <see cref="InvalidDataException"/>.</summary>
internal ref struct FrameReader
{
    /// <summary>The maximum of a number that counts messages or beats, so that sums of them fit.</summary>
    public const ulong MaxCount = 1UL << 62;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads fields without the start of a frame.</summary>
    public static FrameReader OfFields(ReadOnlySpan<byte> fields) => new() { _rest = fields };

    public FrameReader(ReadOnlySpan<byte> frame)
    {
        _rest = frame;
        var version = ReadByte();
        if (version != FrameWriter.Version)
        {
            throw new InvalidDataException(
                $"its version is {version}, and this node reads {FrameWriter.Version}: run one version of Sockeye on all nodes");
        }

        Kind = (FrameKind)ReadByte();
        Sender = ReadFixed();
    }

    public FrameKind Kind { get; }

    public ulong Sender { get; }

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte ReadByte() => Take(1)[0];

    public ulong ReadFixed() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    public ulong ReadNumber()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            if (shift == 63 && next > 1)
                break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("it has a number of more than 64 bits");
    }

    /// <summary>Reads a number that counts messages or beats.</summary>
    public ulong ReadCount()
    {
        var value = ReadNumber();
        return value <= MaxCount ? value : throw new InvalidDataException($"it counts to {value}, more than {MaxCount}");
    }

    /// <summary>Reads the series of messages.</summary>
    public uint ReadSeries()
    {
        var value = ReadNumber();
        return value is > 0 and <= uint.MaxValue
            ? (uint)value
            : throw new InvalidDataException($"it has the series {value}; they begin with 1 and end with {uint.MaxValue}");
    }

    public string ReadText()
    {
        var bytes = ReadTextBytes();
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException invalid)
        {
            throw new InvalidDataException("it has a text that is not UTF-8", invalid);
        }
    }

    public ReadOnlySpan<byte> ReadTextBytes()
    {
        var length = ReadNumber();
        return length <= (ulong)_rest.Length
            ? Take((int)length)
            : throw new InvalidDataException($"it has a text of {length} bytes, and {_rest.Length} are left");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count)
            throw new InvalidDataException($"it ends {count - _rest.Length} bytes early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
