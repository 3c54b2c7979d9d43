using System.Buffers.Binary;
using System.Text;

namespace Sockeye;

/// <summary>Reads the pieces of a snapshot one after another, and throws at the first that is not there.</summary>
internal ref struct SnapshotReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    public readonly bool IsAtEnd => _position == _bytes.Length;

    public readonly InvalidDataException Error(string reason) =>
        new($"The bytes are not the state of a connection: at byte {_position}, {reason}.");

    public ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length < 0 || length > _bytes.Length - _position)
            throw Error($"{what} should have {length} bytes, and {_bytes.Length - _position} are left");
        var taken = _bytes.Slice(_position, length);
        _position += length;
        return taken;
    }

    public long TakeNumber(string what)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long), what));
        return number >= 0 ? number : throw Error($"{what} is negative");
    }

    public byte[] TakeBlock(string what) => Take(BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int), what)), what).ToArray();

    public string TakeText(string what, int maxLength)
    {
        var text = TakeBlock(what);
        try
        {
            return text.Length <= maxLength ? Strict.GetString(text) : throw Error($"{what} has more than {maxLength} bytes");
        }
        catch (DecoderFallbackException)
        {
            throw Error($"{what} is not UTF-8");
        }
    }
}
