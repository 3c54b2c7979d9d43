using System.Buffers.Binary;
using System.Text;

namespace Sockeye;

/// <summary>Writes the blocks of a pcapng file into memory, one after another (draft-ietf-opsawg-pcapng, section 3).</summary>
/// <remarks>
/// <code>
/// ┌───────────┬───────────────┬──────────────────────────┬─────────────────────────────────┬───────────────┐
/// │ type (4)  │ length (4)    │ body, padded to 4 bytes  │ options: code (2) length (2) …  │ length (4)    │
/// └───────────┴───────────────┴──────────────────────────┴─────────────────────────────────┴───────────────┘
/// </code>
/// All numbers are little-endian, as the section header declares. It is not a <see cref="PooledBuffer"/>, because the length of a
/// block is set after its body, and because a capture keeps the memory as long as it runs.
/// </remarks>
internal sealed class PcapngWriter
{
    /// <summary>The maximum length of a text in bytes. Longer texts are truncated, which limits the size of a block.</summary>
    public const int MaxTextBytes = 2000;

    private byte[] _bytes = new byte[4096];
    private int _length;
    private int _block;

    public int Length => _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public void Clear() => _length = 0;

    public void BeginBlock(uint type)
    {
        _block = _length;
        WriteUInt32(type);
        WriteUInt32(0); // Set by EndBlock.
    }

    public void EndBlock()
    {
        var length = (uint)(_length - _block + 4);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_block + 4), length);
        WriteUInt32(length);
    }

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(GetSpan(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(GetSpan(4), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(GetSpan(8), value);

    /// <summary>Writes a time. Its high half comes first, independent of the byte order.</summary>
    public void WriteTime(long nanoseconds)
    {
        WriteUInt32((uint)(nanoseconds >> 32));
        WriteUInt32((uint)nanoseconds);
    }

    /// <summary>Appends bytes, which the caller fills.</summary>
    public Span<byte> GetSpan(int count)
    {
        if (_bytes.Length - _length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }

    /// <summary>Pads to a multiple of four bytes, as the format requires for the body and for each option.</summary>
    public void Pad() => GetSpan(-_length & 3).Clear();

    /// <summary>Writes the head of an option. The caller writes its value.</summary>
    public void WriteOption(ushort code, int length)
    {
        WriteUInt16(code);
        WriteUInt16((ushort)length);
    }

    public void WriteOption(ushort code, string text)
    {
        Span<byte> utf8 = stackalloc byte[MaxTextBytes];
        Encoding.UTF8.GetEncoder().Convert(text, utf8, flush: false, out _, out var count, out _);
        WriteOption(code, count);
        utf8[..count].CopyTo(GetSpan(count));
        Pad();
    }

    public void WriteEndOfOptions() => WriteOption(0, 0);
}
