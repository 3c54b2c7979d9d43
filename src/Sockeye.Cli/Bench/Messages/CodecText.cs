using System.Globalization;

namespace Sockeye.Cli;

/// <summary>The codecs of <c>--codec</c>, and those that end an answer: the codecs of the library.</summary>
internal static class CodecText
{
    public const string Forms =
        "lines, length, length:2, length:4le, varint, netstring, delimiter:TEXT or fixed:SIZE";

    private const int MaxLength = 1 << 26;
    private const int DefaultLengthSize = 4;

    /// <summary>Returns the codec. Returns null and an error for other text.</summary>
    public static FrameCodec? Parse(string text, out string? error)
    {
        var (name, value) = Split(text);
        var codec = (name, value) switch
        {
            ("lines", null) => Codec.Delimited("\n"u8, MaxLength),
            ("varint", null) => Codec.VarintPrefixed(MaxLength),
            ("netstring", null) => Codec.Netstring(MaxLength),
            ("length", _) => ParseLength(value),
            ("delimiter", { Length: > 0 }) when EscapedText.Parse(value, out _) is { } delimiter =>
                Codec.Delimited(delimiter, MaxLength),
            ("fixed", not null) when RequestRate.ParseSize(value, out _) is { } size => Codec.FixedSize(size),
            _ => null,
        };
        error = codec is null ? $"\"{text}\" is not a codec. Write {Forms}." : null;
        return codec;
    }

    /// <summary>Returns the text before and after the first colon; null if there is none.</summary>
    public static (string Name, string? Value) Split(string text) =>
        text.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? (text[..colon], text[(colon + 1)..]) : (text, null);

    private static FrameCodec? ParseLength(string? text)
    {
        var isLittleEndian = text is [.., 'l', 'e'];
        var digits = isLittleEndian ? text![..^2] : text;
        var size = DefaultLengthSize;
        if (digits is not null
            && (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out size)
                || size is not (1 or 2 or 4 or 8)))
            return null;
        var greatest = size >= DefaultLengthSize ? MaxLength : (1 << (8 * size)) - 1;
        return Codec.LengthPrefixed(greatest, new() { LengthSize = size, LittleEndian = isLittleEndian });
    }
}
