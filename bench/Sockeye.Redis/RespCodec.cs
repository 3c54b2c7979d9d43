using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye.Redis;

/// <summary>GET, or SET if there is a value.</summary>
internal readonly record struct RedisCommand(byte[] Key, byte[]? Value);

/// <summary>Writes commands: an array of byte strings.</summary>
internal sealed class CommandEncoder : IFrameEncoder<RedisCommand>
{
    /// <summary>True: it never throws.</summary>
    public bool IsEncodeAtomic => true;

    public void Encode(RedisCommand message, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(64 + message.Key.Length + (message.Value?.Length ?? 0));
        var head = message.Value is null ? "*2\r\n$3\r\nGET\r\n"u8 : "*3\r\n$3\r\nSET\r\n"u8;
        head.CopyTo(span);
        var length = head.Length;
        Append(span, ref length, message.Key);
        if (message.Value is not null)
            Append(span, ref length, message.Value);
        output.Advance(length);
    }

    private static void Append(Span<byte> span, ref int length, byte[] part)
    {
        span[length++] = (byte)'$';
        Utf8Formatter.TryFormat(part.Length, span[length..], out var digits);
        length += digits;
        "\r\n"u8.CopyTo(span[length..]);
        part.CopyTo(span[(length + 2)..]);
        length += part.Length + 2;
        "\r\n"u8.CopyTo(span[length..]);
        length += 2;
    }
}

/// <summary>Reads replies that are a line or a byte string.</summary>
internal sealed class ReplyDecoder : IFrameDecoder<byte[]>
{
    private const int MaxLength = 1 << 20;

    private static readonly byte[] Ok = [.. "OK"u8];

    public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out byte[] message)
    {
        message = null;
        var reader = new SequenceReader<byte>(input);
        if (!reader.TryReadTo(out ReadOnlySpan<byte> line, "\r\n"u8))
            return input.Length > MaxLength ? throw new FrameException(FrameError.TooLong, "A line is too long.") : false;
        if (line.SequenceEqual("+OK"u8))
        {
            message = Ok;
        }
        else if (line is [(byte)'$', .. var digits] && Utf8Parser.TryParse(digits, out int length, out _)
            && length is >= 0 and <= MaxLength)
        {
            if (reader.Remaining < length + 2)
                return false;
            reader.TryCopyTo(message = new byte[length]);
            reader.Advance(length + 2);
        }
        else
        {
            throw new FrameException(FrameError.Malformed, "The reply is neither OK nor bytes.");
        }

        input = reader.UnreadSequence;
        return true;
    }
}
