using System.Buffers;
using System.Diagnostics;

namespace Sockeye;

/// <summary>Helpers that codecs share to find and write frames.</summary>
internal static class FrameBytes
{
    /// <summary>Checks a maximum length. A message that owns its bytes is one array, which bounds the maximum.</summary>
    public static int CheckMaxLength(int maxLength)
    {
        return OptionChecks.InRange(maxLength, 1, Array.MaxLength, nameof(maxLength));
    }

    /// <summary>
    /// Returns the first multiple of <paramref name="unit"/> at which <paramref name="mark"/> starts, or -1.
    /// </summary>
    /// <remarks>The first <paramref name="searched"/> bytes do not contain the whole mark, but may end in a part of it.</remarks>
    public static long IndexOf(
        in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> mark, int unit = 1, long searched = 0)
    {
        Debug.Assert(searched >= 0, "A search starts at a byte.");
        var reader = new SequenceReader<byte>(bytes);
        reader.Advance(Math.Clamp(searched - mark.Length + 1, 0, bytes.Length));
        while (reader.TryReadTo(out ReadOnlySequence<byte> _, mark, advancePastDelimiter: false))
        {
            if (reader.Consumed % unit == 0)
                return reader.Consumed;
            reader.Advance(1);
        }

        return -1;
    }

    /// <summary>
    /// Whether <paramref name="bytes"/> are the start of <paramref name="mark"/>, or all of it.
    /// </summary>
    public static bool IsPrefixOf(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> mark)
    {
        if (bytes.Length > mark.Length)
            return false;
        foreach (var segment in bytes)
        {
            if (!mark.StartsWith(segment.Span))
                return false;
            mark = mark[segment.Length..];
        }

        return true;
    }

    /// <summary>Returns the first <paramref name="length"/> bytes, or all if there are fewer.</summary>
    public static ReadOnlySequence<byte> SliceUpTo(in ReadOnlySequence<byte> bytes, long length) =>
        bytes.Length > length ? bytes.Slice(0, length) : bytes;

    public static void Write(this IBufferWriter<byte> output, in ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
            output.Write(segment.Span);
    }

    /// <summary>Rejects a message that is too long, before anything is written.</summary>
    public static void ThrowIfTooLong(object codec, long length, int maxLength)
    {
        if (length > maxLength)
            throw FrameException.TooLong(codec, $"a message of {length} bytes is longer than the maximum of {maxLength}");
    }
}
