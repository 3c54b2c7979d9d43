using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>The first records of a client, which contain its ClientHello in one or more pieces.</summary>
/// <remarks>
/// <code>
/// kind (22) | version (2 bytes) | length (2 bytes) | length bytes      RFC 8446, section 5.1
/// </code>
/// They are read from the connection, and given to TLS as few records, because only messages matter, not their division into
/// records (RFC 8446, section 4.4.1, hashes messages). So a ClientHello of thousands of tiny records costs no more CPU time or
/// memory than any other. Bytes that are not a ClientHello are left to TLS, which reports the error.
/// </remarks>
internal sealed class HelloRecords
{
    /// <summary>The maximum length in bytes of a ClientHello; usual ones have 200 to 2000.</summary>
    public const int MaxHelloLength = 64 * 1024;

    private const int HeaderLength = 5;
    private const int LengthOffset = 3;
    private const byte Handshake = 22;

    // RFC 8446, section 5.1. A longer record is invalid, and is refused.
    private const int MaxRecordLength = 1 << 14;

    private readonly ArrayBufferWriter<byte> _fragments = new();
    private byte[]? _version;

    /// <summary>The bytes of its handshake messages so far: the ClientHello, if there is one.</summary>
    public ReadOnlySpan<byte> Messages => _fragments.WrittenSpan;

    /// <summary>
    /// Reads the records of the ClientHello, and nothing else, from the input. Completes when it is whole, or when the bytes
    /// cannot be a ClientHello.
    /// </summary>
    /// <param name="input">The encrypted bytes.</param>
    /// <param name="onFirstByte">Called when the first byte has arrived.</param>
    /// <exception cref="IOException">The connection broke, or the ClientHello is too long.</exception>
    public async ValueTask ReadAsync(PipeReader input, Action onFirstByte)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            if (!read.Buffer.IsEmpty)
                onFirstByte();
            var rest = read.Buffer;
            var needsMore = TakeRecords(ref rest) && !read.IsCompleted && !read.IsCanceled;
            input.AdvanceTo(rest.Start, needsMore ? rest.End : rest.Start);
            if (!needsMore)
                break;
        }

        if (ClientHello.GetLength(Messages) > MaxHelloLength)
        {
            throw new IOException(
                $"the client announces a ClientHello of {ClientHello.GetLength(Messages)} bytes, and at most {MaxHelloLength} "
                    + "are read");
        }
    }

    /// <summary>Returns the bytes in the minimum number of records.</summary>
    public ReadOnlyMemory<byte> ToRecords()
    {
        var count = (Messages.Length + MaxRecordLength - 1) / MaxRecordLength;
        var records = new byte[Messages.Length + (count * HeaderLength)];
        var from = Messages;
        var to = records.AsSpan();
        while (!from.IsEmpty)
        {
            var fragment = from[..Math.Min(from.Length, MaxRecordLength)];
            to[0] = Handshake;
            _version.CopyTo(to[1..]);
            BinaryPrimitives.WriteUInt16BigEndian(to[LengthOffset..], (ushort)fragment.Length);
            fragment.CopyTo(to[HeaderLength..]);
            from = from[fragment.Length..];
            to = to[(HeaderLength + fragment.Length)..];
        }

        return records;
    }

    /// <summary>Takes all whole records. Returns whether more of the ClientHello has to arrive.</summary>
    private bool TakeRecords(ref ReadOnlySequence<byte> rest)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        while (true)
        {
            if (IsComplete)
                return false;
            if (rest.IsEmpty)
                return true;
            if (rest.FirstSpan[0] != Handshake)
                return false;
            if (rest.Length < HeaderLength)
                return true;
            rest.Slice(0, HeaderLength).CopyTo(header);
            var length = BinaryPrimitives.ReadUInt16BigEndian(header[LengthOffset..]);
            if (length is 0 or > MaxRecordLength)
                return false;
            if (rest.Length < HeaderLength + length)
                return true;
            _version ??= header[1..LengthOffset].ToArray();
            foreach (var piece in rest.Slice(HeaderLength, length))
                _fragments.Write(piece.Span);
            rest = rest.Slice(HeaderLength + length);
        }
    }

    /// <summary>Whether reading is complete: the ClientHello is whole or too long, or the bytes are another message.</summary>
    private bool IsComplete => ClientHello.GetLength(Messages) is { } length
        ? Messages.Length >= length || length > MaxHelloLength
        : Messages.Length > 0 && !ClientHello.CanStartWith(Messages);
}
