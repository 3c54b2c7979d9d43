using System.Buffers;

namespace Sockeye;

/// <summary>What codecs share when they look for frames and write them.</summary>
internal static class FrameBytes
{
    /// <summary>The greatest maximum: what fits into one array, since an owned message is one.</summary>
    public static int CheckMaxLength(int maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxLength, Array.MaxLength);
        return maxLength;
    }

    /// <summary>
    /// Where <paramref name="mark"/> begins for the first time at a multiple of <paramref name="unit"/>; -1 if nowhere.
    /// </summary>
    public static long IndexOf(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> mark, int unit = 1)
    {
        var reader = new SequenceReader<byte>(bytes);
        while (reader.TryReadTo(out ReadOnlySequence<byte> _, mark, advancePastDelimiter: false))
        {
            if (reader.Consumed % unit == 0)
                return reader.Consumed;
            reader.Advance(1);
        }

        return -1;
    }

    /// <summary>
    /// Whether <paramref name="bytes"/> could become <paramref name="mark"/> if more came: they are its beginning.
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

    /// <summary>The first bytes of <paramref name="bytes"/>, at most <paramref name="length"/>.</summary>
    public static ReadOnlySequence<byte> SliceUpTo(in ReadOnlySequence<byte> bytes, long length) =>
        bytes.Length > length ? bytes.Slice(0, length) : bytes;

    public static void Write(this IBufferWriter<byte> output, in ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
            output.Write(segment.Span);
    }

    /// <summary>Refuses a message that is too long, before anything is written.</summary>
    public static void ThrowIfTooLong(object codec, long length, int maxLength)
    {
        if (length > maxLength)
            throw FrameException.TooLong(codec, $"a message of {length} bytes is longer than the maximum of {maxLength}");
    }
}
