using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Sockeye;

/// <summary>Creates codecs. Each has a maximum length of a message in bytes, from 1 to <see cref="Array.MaxLength"/>.</summary>
/// <remarks>
/// A message of a framing is an array of bytes. <see cref="FrameCodec.WithoutCopying"/> produces slices of the receive buffer
/// instead, and <c>WithMessages</c> produces JSON or types of your own. Codecs are immutable; any number of connections may share
/// one.
/// </remarks>
public static class Codec
{
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Creates a codec for lines of text. For lines as bytes: <c>Codec.Delimited("\n"u8, maxLength)</c>.</summary>
    /// <remarks>
    /// <code>
    ///  line: 0 … maxLength bytes  [CR]  LF
    /// </code>
    /// A line that contains a line end cannot be written. A byte order mark is ordinary text.
    /// </remarks>
    /// <param name="maxLength">The maximum length of a line in bytes, without its end.</param>
    /// <param name="encoding">
    /// The encoding. Default: UTF-8, with <see cref="FrameError.Malformed"/> for invalid bytes. Another encoding applies its
    /// fallback to invalid bytes: <see cref="Encoding.UTF8"/> replaces them.
    /// </param>
    /// <param name="ending">The line end. Default: LF, which also accepts CR LF when reading.</param>
    public static Codec<string> Lines(int maxLength, Encoding? encoding = null, LineEnding ending = LineEnding.Lf)
    {
        encoding ??= StrictUtf8;
        return new LineFrameCodec(maxLength, encoding, ending).WithMessages<string>(
            (line, output) => encoding.GetBytes(line, output), line => encoding.GetString(line));
    }

    /// <summary>Creates a framing in which <paramref name="delimiter"/> ends each frame. A payload cannot contain it.</summary>
    /// <remarks>
    /// <code>
    ///  payload: 0 … maxLength bytes  delimiter
    /// </code>
    /// </remarks>
    /// <param name="delimiter">The delimiter: at least one byte. It is copied.</param>
    /// <param name="maxLength">The maximum length of a payload in bytes, without the delimiter.</param>
    public static FrameCodec Delimited(ReadOnlySpan<byte> delimiter, int maxLength) => new DelimitedCodec(delimiter, maxLength);

    /// <summary>Creates a framing in which each frame is a payload of <paramref name="size"/> bytes.</summary>
    /// <param name="size">The size of each payload in bytes.</param>
    public static FrameCodec FixedSize(int size) => new FixedSizeCodec(size);

    /// <summary>Creates a framing in which each frame starts with its length: four bytes, big endian, counting the rest of the
    /// frame.</summary>
    /// <remarks>
    /// <code>
    ///  length: 4 bytes  payload: 0 … maxLength bytes
    /// </code>
    /// </remarks>
    /// <param name="maxLength">The maximum length of a payload in bytes.</param>
    public static FrameCodec LengthPrefixed(int maxLength) => LengthPrefixed(maxLength, new());

    /// <summary>Creates a framing in which each frame starts with its length, in the form that the options describe.</summary>
    /// <remarks>
    /// <code>
    ///  [header bytes]  length: 1, 2, 4 or 8 bytes  [header bytes]  body
    /// </code>
    /// </remarks>
    /// <param name="maxLength">
    /// The maximum length of a message in bytes. With extra header bytes, the message is the whole frame (see
    /// <see cref="LengthPrefixOptions"/>).
    /// </param>
    /// <param name="options">The layout of a frame.</param>
    public static FrameCodec LengthPrefixed(int maxLength, LengthPrefixOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new LengthPrefixedCodec(maxLength, options);
    }

    /// <summary>Creates a codec for JSON messages, each after its length: four bytes, big endian, counting the rest of the
    /// frame.</summary>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <param name="type">The metadata of the message, from a source-generated <c>JsonSerializerContext</c>.</param>
    /// <param name="maxLength">The maximum length of a message in bytes of JSON.</param>
    public static Codec<TMessage> LengthPrefixed<TMessage>(JsonTypeInfo<TMessage> type, int maxLength) =>
        LengthPrefixed(maxLength).WithMessages(type);

    /// <summary>Creates a framing in which each frame starts with its length as a varint, as in delimited protobuf
    /// messages.</summary>
    /// <remarks>
    /// <code>
    ///  length: 1 … 5 bytes, LEB128  payload: 0 … maxLength bytes
    /// </code>
    /// </remarks>
    /// <param name="maxLength">The maximum length of a payload in bytes.</param>
    public static FrameCodec VarintPrefixed(int maxLength) => new VarintPrefixedCodec(maxLength);

    /// <summary>Creates a framing of netstrings: <c>5:hello,</c>.</summary>
    /// <remarks>
    /// <code>
    ///  length in digits  ':'  payload: 0 … maxLength bytes  ','
    /// </code>
    /// </remarks>
    /// <param name="maxLength">The maximum length of a payload in bytes.</param>
    public static FrameCodec Netstring(int maxLength) => new NetstringCodec(maxLength);
}
