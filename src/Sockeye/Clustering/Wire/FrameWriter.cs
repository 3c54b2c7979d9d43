using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sockeye.Clustering;

/// <summary>Writes the fields of a frame between nodes.</summary>
/// <remarks>
/// <code>
///  version: 1 byte  kind: 1 byte  sender: 8 bytes  fields of the kind
/// </code>
/// Numbers of a fixed size are big endian. A number of variable size is LEB128, as in protobuf. A text is its length in bytes,
/// of variable size, and UTF-8.
/// </remarks>
internal readonly ref struct FrameWriter
{
    public const byte Version = 1;

    private readonly PooledBuffer _output;

    /// <summary>Continues a frame.</summary>
    public FrameWriter(PooledBuffer output) => _output = output;

    public FrameWriter(PooledBuffer output, FrameKind kind, ulong sender)
        : this(output)
    {
        WriteByte(Version);
        WriteByte((byte)kind);
        WriteFixed(sender);
    }

    /// <summary>The number of bytes of the frame so far.</summary>
    public int Length => _output.WrittenMemory.Length;

    public void WriteByte(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    public void WriteFixed(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_output.GetSpan(sizeof(ulong)), value);
        _output.Advance(sizeof(ulong));
    }

    public void WriteNumber(ulong value)
    {
        var span = _output.GetSpan(10);
        var size = 0;
        for (; value >= 0x80; value >>= 7)
            span[size++] = (byte)(value | 0x80);
        span[size++] = (byte)value;
        _output.Advance(size);
    }

    public void WriteText(string text)
    {
        var size = Encoding.UTF8.GetByteCount(text);
        WriteNumber((ulong)size);
        _output.Advance(Encoding.UTF8.GetBytes(text, _output.GetSpan(Math.Max(size, 1))));
    }

    /// <summary>Writes a message as its codec encodes it, to the end of the frame.</summary>
    public void WriteMessage<TMessage>(Codec<TMessage> codec, TMessage message) => codec.Encode(message, _output);

    public void WriteRest(ReadOnlySpan<byte> bytes) => _output.Write(bytes);
}
