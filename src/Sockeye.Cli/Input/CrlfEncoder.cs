using System.Buffers;

namespace Sockeye.Cli;

/// <summary>Puts a CR before each LF that has none. The state is whether the last byte was a CR.</summary>
internal sealed class CrlfEncoder
{
    private bool _isAfterCr;

    /// <summary>Returns the bytes to send. They are valid until the next call.</summary>
    public ReadOnlySequence<byte> Encode(ReadOnlySequence<byte> bytes)
    {
        var output = new ArrayBufferWriter<byte>((int)bytes.Length + 16);
        foreach (var block in bytes)
            Encode(block.Span, output);
        return new(output.WrittenMemory);
    }

    private void Encode(ReadOnlySpan<byte> bytes, ArrayBufferWriter<byte> output)
    {
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            var hasCr = end > 0 ? bytes[end - 1] is (byte)'\r' : _isAfterCr;
            output.Write(bytes[..end]);
            output.Write(hasCr ? "\n"u8 : "\r\n"u8);
            bytes = bytes[(end + 1)..];
            _isAfterCr = false;
        }

        output.Write(bytes);
        if (!bytes.IsEmpty)
            _isAfterCr = bytes[^1] is (byte)'\r';
    }
}
