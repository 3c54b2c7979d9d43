using System.Buffers.Binary;

namespace Sockeye;

/// <summary>A C struct as far as a kernel filled it: an older one tells less. Allocates nothing.</summary>
internal readonly ref struct VersionedStructReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">What the kernel gave; fewer than <paramref name="smallest"/> are taken for nothing.</param>
    /// <param name="smallest">What every kernel gives that knows the struct at all.</param>
    public VersionedStructReader(ReadOnlySpan<byte> bytes, int smallest)
    {
        _bytes = BitConverter.IsLittleEndian && bytes.Length >= smallest ? bytes : default;
    }

    /// <summary>Whether the kernel told nothing.</summary>
    public bool IsEmpty => _bytes.IsEmpty;

    /// <summary>An 8-bit field; null where this kernel does not know it.</summary>
    public byte? ReadByte(int offset) => _bytes.Length > offset ? _bytes[offset] : null;

    /// <summary>A 32-bit field; null where this kernel does not know it.</summary>
    public uint? ReadUInt32(int offset) => _bytes.Length >= offset + sizeof(uint)
        ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..])
        : null;

    /// <summary>A 64-bit field; null where this kernel does not know it.</summary>
    public long? ReadInt64(int offset) => _bytes.Length >= offset + sizeof(long)
        ? BinaryPrimitives.ReadInt64LittleEndian(_bytes[offset..])
        : null;
}
