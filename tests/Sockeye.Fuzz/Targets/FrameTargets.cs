using System.Text;

namespace Sockeye.Fuzz.Targets;

/// <summary>The framings. Where there are several forms, the first byte of the input chooses one.</summary>
internal static class FrameTargets
{
    private const int Max = 40;

    /// <summary>No header, delimiter or trailer here is longer.</summary>
    private const int Overhead = 24;

    public static FuzzTarget Lines { get; } = Choose("lines",
        LinesOf(null, LineEnding.Lf), LinesOf(null, LineEnding.CrLf),
        LinesOf(Encoding.Latin1, LineEnding.Lf), LinesOf(Encoding.Unicode, LineEnding.CrLf),
        LinesOf(Encoding.BigEndianUnicode, LineEnding.Lf));

    public static FuzzTarget Delimited { get; } = Choose("delimited",
        Frames(Codec.Delimited("a"u8, Max)), Frames(Codec.Delimited("ab"u8, Max)), Frames(Codec.Delimited("aba"u8, Max)),
        Frames(Codec.Delimited("aaaa"u8, Max)));

    public static FuzzTarget FixedSize { get; } = Choose("fixed-size",
        Frames(Codec.FixedSize(1)), Frames(Codec.FixedSize(7)));

    public static FuzzTarget LengthPrefixed { get; } = Choose("length-prefixed",
        Frames(Codec.LengthPrefixed(Max)),
        Prefixed(new() { LengthSize = 1 }),
        Prefixed(new() { LengthSize = 2, LittleEndian = true }),
        Prefixed(new() { LengthSize = 8 }),
        Prefixed(new() { LengthSize = 8, LittleEndian = true, Counts = LengthCounts.Frame }),
        Prefixed(new() { Counts = LengthCounts.FromLengthField }),
        Prefixed(new() { BytesBeforeLength = 4, LengthSize = 2 }),
        Prefixed(new() { BytesAfterLength = 12, Counts = LengthCounts.Frame }),
        Prefixed(new() { BytesBeforeLength = 1, Counts = LengthCounts.FromLengthField }));

    public static FuzzTarget Varint { get; } = Choose("varint",
        Frames(Codec.VarintPrefixed(Max)), Frames(Codec.VarintPrefixed(200), 200),
        Frames(Codec.VarintPrefixed(Array.MaxLength), null));

    public static FuzzTarget Netstring { get; } = Choose("netstring",
        Frames(Codec.Netstring(Max)), Frames(Codec.Netstring(1)), Frames(Codec.Netstring(Array.MaxLength), null));

    /// <summary>A target of several forms.</summary>
    public static FuzzTarget Choose(string name, params Action<byte[]>[] forms) => new(name, input =>
    {
        // Nothing is an input, too: afl starts with one now and then, and expects that code runs.
        var form = input.Length > 0 ? input[0] % forms.Length : 0;
        forms[form](input.Length > 0 ? input[1..] : []);
    });

    private static Action<byte[]> Prefixed(LengthPrefixOptions options) => Frames(Codec.LengthPrefixed(Max, options));

    private static Action<byte[]> Frames(FrameCodec codec, int? max = Max) =>
        new CodecCheck<ReadOnlyMemory<byte>>(
            codec, max is { } limit ? limit + Overhead : int.MaxValue, message => Convert.ToHexString(message.Span)).Check;

    private static Action<byte[]> LinesOf(Encoding? encoding, LineEnding ending) => new CodecCheck<string>(
        Codec.Lines(Max, encoding, ending), Max + Overhead, line => Convert.ToHexString(Encoding.Unicode.GetBytes(line)),
        // LF alone is written, so a CR at the end of a line, which the reader got before CR LF, would be lost. An encoding that
        // replaces what it cannot read may need more bytes to write that.
        (line, error) => line.EndsWith('\r') || (error.Error is FrameError.TooLong && line.Contains('\uFFFD'))).Check;
}
