using System.Text.RegularExpressions;

namespace Sockeye.Cli;

/// <summary>The kinds of <c>--answer</c>.</summary>
internal enum AnswerKind
{
    Echo,
    Frame,
    Regex,

    /// <summary>There are no answers: a request is done when the system has accepted it.</summary>
    None,
}

/// <summary>The end of an answer.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Codec">The codec of frames; null: that of <c>--codec</c>.</param>
/// <param name="Regex">The expression that matches the end of an answer.</param>
internal sealed record AnswerText(AnswerKind Kind, FrameCodec? Codec = null, Regex? Regex = null)
{
    public const string Forms =
        "echo, frame (of --codec), length, length:2, varint, netstring, lines, delimiter:TEXT, bytes:SIZE, regex:EXPRESSION or "
            + "none";

    /// <summary>Returns the kind of answer. Returns null and an error for other text.</summary>
    public static AnswerText? Parse(string text, out string? error)
    {
        error = null;
        var (name, value) = CodecText.Split(text);
        switch (name, value)
        {
            case ("echo", null):
                return new(AnswerKind.Echo);
            case ("none", null):
                return new(AnswerKind.None);
            case ("frame", null):
                return new(AnswerKind.Frame);
            case ("regex", { Length: > 0 }):
                return ParseRegex(value, out error);
        }

        var codec = CodecText.Parse(name is "bytes" ? $"fixed:{value}" : text, out _);
        error = codec is null ? $"\"{text}\" is not the end of an answer. Write {Forms}." : null;
        return codec is null ? null : new(AnswerKind.Frame, codec);
    }

    /// <summary>Creates the reader of one connection.</summary>
    /// <param name="messages">The requests.</param>
    /// <param name="codec">The codec of <c>--codec</c>.</param>
    /// <param name="connection">The number of the connection.</param>
    /// <param name="idPrefix">The text before the id in an answer, or null.</param>
    public AnswerReader? CreateReader(
        RequestMessages messages, FrameCodec? codec, int connection, byte[]? idPrefix) => Kind switch
    {
        AnswerKind.None => null,
        AnswerKind.Regex => new RegexReader(Regex!),
        AnswerKind.Frame => new FrameReader((Codec ?? codec)!.WithoutCopying(), idPrefix),
        _ => messages.IsConstant ? new EqualEchoReader(messages) : new EchoReader(messages, connection),
    };

    private static AnswerText? ParseRegex(string pattern, out string? error)
    {
        error = null;
        try
        {
            return new(AnswerKind.Regex, Regex: new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        }
        catch (ArgumentException e)
        {
            error = $"\"{pattern}\" is not a regular expression: {e.Message}";
            return null;
        }
    }
}
