using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Sockeye;

/// <summary>The first record of a client, which holds its ClientHello, or the begin of one.</summary>
/// <remarks>
/// <code>
/// kind (22) | version (2 bytes) | length (2 bytes) | length bytes      RFC 8446, section 5.1
/// </code>
/// </remarks>
internal static class FirstRecord
{
    private const int HeaderLength = 5;
    private const int LengthOffset = 3;
    private const byte Handshake = 22;

    // RFC 8446, section 5.1: a record that says more is wrong, and refused as that.
    private const int MaxLength = 1 << 14;

    /// <summary>
    /// Ends when the record is there in whole, or when it is clear that there will be none. Takes nothing from the input.
    /// </summary>
    /// <param name="input">The encrypted bytes.</param>
    /// <param name="onFirstByte">Told when something has arrived.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async ValueTask WaitAsync(PipeReader input, Action onFirstByte)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            if (!read.Buffer.IsEmpty)
                onFirstByte();
            if (read.IsCompleted || read.IsCanceled || !IsPart(read.Buffer))
            {
                input.AdvanceTo(read.Buffer.Start);
                return;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Whether it is a record that is not whole yet.</summary>
    private static bool IsPart(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.FirstSpan[0] != Handshake)
            return bytes.IsEmpty;
        if (bytes.Length < HeaderLength)
            return true;
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        bytes.Slice(LengthOffset, sizeof(ushort)).CopyTo(length);
        var promised = BinaryPrimitives.ReadUInt16BigEndian(length);
        return promised <= MaxLength && bytes.Length < HeaderLength + promised;
    }
}
