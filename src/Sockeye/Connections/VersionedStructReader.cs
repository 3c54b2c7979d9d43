using System.Buffers.Binary;

namespace Sockeye;

/// <summary>Reads a little-endian C struct that a kernel filled. An older kernel fills fewer fields. Allocates nothing.</summary>
internal readonly ref struct VersionedStructReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The bytes that the kernel filled. Fewer than <paramref name="minSize"/> bytes count as
    /// nothing.</param>
    /// <param name="minSize">The number of bytes that every kernel with this struct fills.</param>
    public VersionedStructReader(ReadOnlySpan<byte> bytes, int minSize)
    {
        _bytes = BitConverter.IsLittleEndian && bytes.Length >= minSize ? bytes : default;
    }

    /// <summary>Whether the kernel reported nothing.</summary>
    public bool IsEmpty => _bytes.IsEmpty;

    /// <summary>Reads an 8-bit field; null if this kernel does not have it.</summary>
    public byte? ReadByte(int offset) => _bytes.Length > offset ? _bytes[offset] : null;

    /// <summary>Reads a 32-bit field; null if this kernel does not have it.</summary>
    public uint? ReadUInt32(int offset) => _bytes.Length >= offset + sizeof(uint)
        ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..])
        : null;

    /// <summary>Reads a 64-bit field; null if this kernel does not have it.</summary>
    public long? ReadInt64(int offset) => _bytes.Length >= offset + sizeof(long)
        ? BinaryPrimitives.ReadInt64LittleEndian(_bytes[offset..])
        : null;
}
