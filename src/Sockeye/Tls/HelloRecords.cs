using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>The first records of a client, which hold its ClientHello, in one or in as many pieces as it likes.</summary>
/// <remarks>
/// <code>
/// kind (22) | version (2 bytes) | length (2 bytes) | length bytes      RFC 8446, section 5.1
/// </code>
/// They are taken from the connection, and given to TLS as few records: what was cut into them counts, not how it was cut (RFC
/// 8446, section 4.4.1, hashes messages, not records). So a hello of thousands of tiny records costs what any other does, and
/// holds no more memory than its length. Bytes that are not a ClientHello are left to TLS, which reports the error.
/// </remarks>
internal sealed class HelloRecords
{
    /// <summary>As many bytes of a ClientHello are read; usual ones have 200 to 2000.</summary>
    public const int MaxHelloLength = 64 * 1024;

    private const int HeaderLength = 5;
    private const int LengthOffset = 3;
    private const byte Handshake = 22;

    // RFC 8446, section 5.1: a record that says more is wrong, and refused as that.
    private const int MaxRecordLength = 1 << 14;

    private readonly ArrayBufferWriter<byte> _fragments = new();
    private byte[]? _version;

    /// <summary>The bytes of its handshake messages so far: the ClientHello, if there is one.</summary>
    public ReadOnlySpan<byte> Messages => _fragments.WrittenSpan;

    /// <summary>
    /// Ends when the ClientHello is there in whole, or when it is clear that there will be none. Takes its records from the
    /// input, and nothing else.
    /// </summary>
    /// <param name="input">The encrypted bytes.</param>
    /// <param name="onFirstByte">Told when something has arrived.</param>
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

    /// <summary>What was taken, in as few records as it fits into.</summary>
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

    /// <summary>Takes all records that are there in whole. Whether more of the ClientHello has to come.</summary>
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

    /// <summary>Whether nothing more is to be taken: all of the ClientHello is there, it is none, or it is too long.</summary>
    private bool IsComplete => ClientHello.GetLength(Messages) is { } length
        ? Messages.Length >= length || length > MaxHelloLength
        : Messages.Length > 0 && !ClientHello.CanStartWith(Messages);
}
