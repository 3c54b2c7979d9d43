using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Sockeye;

/// <summary>Makes codecs. Every one has a maximum, in bytes of one message, from 1 to <see cref="Array.MaxLength"/>.</summary>
/// <remarks>
/// The framings give messages as bytes of their own; <see cref="FrameCodec.WithoutCopying"/> and <c>WithMessages</c> give the same frames as
/// borrowed bytes, JSON, or types of your own. Codecs are immutable and shared by any number of connections.
/// </remarks>
public static class Codec
{
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Lines of text. For lines as bytes: <c>Codec.Delimited("\n"u8, maxLength)</c>.</summary>
    /// <remarks>
    /// <code>
    ///  line: 0 … maxLength bytes  [CR]  LF
    /// </code>
    /// A line with a line end in it cannot be written. A byte order mark is text like any other.
    /// </remarks>
    /// <param name="maxLength">The longest line in bytes, without its end.</param>
    /// <param name="encoding">
    /// Default: UTF-8 in which invalid bytes are <see cref="FrameError.Malformed"/>. Another one treats them as its fallback
    /// says: <see cref="Encoding.UTF8"/> replaces them.
    /// </param>
    /// <param name="ending">What ends a line. Default: LF, which reads CR LF as well.</param>
    public static Codec<string> Lines(int maxLength, Encoding? encoding = null, LineEnding ending = LineEnding.Lf)
    {
        encoding ??= StrictUtf8;
        return new LineFrameCodec(maxLength, encoding, ending).WithMessages<string>(
            (line, output) => encoding.GetBytes(line, output), line => encoding.GetString(line));
    }

    /// <summary>Frames that end in <paramref name="delimiter"/>, which a payload cannot hold.</summary>
    /// <remarks>
    /// <code>
    ///  payload: 0 … maxLength bytes  delimiter
    /// </code>
    /// </remarks>
    /// <param name="delimiter">At least one byte; copied.</param>
    /// <param name="maxLength">The longest payload in bytes, without the delimiter.</param>
    public static FrameCodec Delimited(ReadOnlySpan<byte> delimiter, int maxLength) => new DelimitedCodec(delimiter, maxLength);

    /// <summary>Frames of <paramref name="size"/> bytes each, with nothing between them.</summary>
    /// <param name="size">The size of every payload in bytes.</param>
    public static FrameCodec FixedSize(int size) => new FixedSizeCodec(size);

    /// <summary>Frames that begin with their length: four bytes, big endian, counting what follows.</summary>
    /// <remarks>
    /// <code>
    ///  length: 4 bytes  payload: 0 … maxLength bytes
    /// </code>
    /// </remarks>
    /// <param name="maxLength">The longest payload in bytes.</param>
    public static FrameCodec LengthPrefixed(int maxLength) => LengthPrefixed(maxLength, new());

    /// <summary>Frames that begin with their length, as the options say.</summary>
    /// <remarks>
    /// <code>
    ///  [header bytes]  length: 1, 2, 4 or 8 bytes  [header bytes]  body
    /// </code>
    /// </remarks>
    /// <param name="maxLength">
    /// The longest message in bytes. With extra header bytes the message is the whole frame (see
    /// <see cref="LengthPrefixOptions"/>).
    /// </param>
    /// <param name="options">How the frame is built.</param>
    public static FrameCodec LengthPrefixed(int maxLength, LengthPrefixOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new LengthPrefixedCodec(maxLength, options);
    }

    /// <summary>JSON messages behind their length: four bytes, big endian, counting what follows.</summary>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <param name="type">How it is written; from a source-generated <c>JsonSerializerContext</c>.</param>
    /// <param name="maxLength">The longest message in bytes of JSON.</param>
    public static Codec<TMessage> LengthPrefixed<TMessage>(JsonTypeInfo<TMessage> type, int maxLength) =>
        LengthPrefixed(maxLength).WithMessages(type);

    /// <summary>Frames that begin with their length as a varint, as protobuf's delimited messages do.</summary>
    /// <remarks>
    /// <code>
    ///  length: 1 … 5 bytes, LEB128  payload: 0 … maxLength bytes
    /// </code>
    /// </remarks>
    /// <param name="maxLength">The longest payload in bytes.</param>
    public static FrameCodec VarintPrefixed(int maxLength) => new VarintPrefixedCodec(maxLength);

    /// <summary>Netstrings: <c>5:hello,</c>.</summary>
    /// <remarks>
    /// <code>
    ///  length in digits  ':'  payload: 0 … maxLength bytes  ','
    /// </code>
    /// </remarks>
    /// <param name="maxLength">The longest payload in bytes.</param>
    public static FrameCodec Netstring(int maxLength) => new NetstringCodec(maxLength);
}
