using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;

namespace Sockeye;

/// <summary>
/// A framing whose messages are bytes. It is the base of codecs for slices, JSON and types of your own.
/// </summary>
/// <remarks>
/// Each message is a new array that belongs to the reader. <see cref="WithoutCopying"/> reads without a copy;
/// <c>WithMessages</c> reads and writes typed messages.
/// </remarks>
public abstract class FrameCodec : Codec<ReadOnlyMemory<byte>>, IResumingDecoder<ReadOnlyMemory<byte>>
{
    private protected FrameCodec()
    {
    }

    /// <inheritdoc />
    public sealed override bool IsEncodeAtomic => true;

    /// <summary>Creates a codec that reads the same frames without a copy: a message is a slice of the receive buffer.</summary>
    /// <returns>
    /// A codec whose messages are valid until the next one is read. Copy bytes that are needed for longer. A written message is
    /// copied at once.
    /// </returns>
    public Codec<ReadOnlySequence<byte>> WithoutCopying() => new ZeroCopyCodec(this);

    /// <summary>Creates a codec for the same frames with one JSON value in each, in UTF-8 (RFC 8259).</summary>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <param name="type">
    /// The metadata of the message. From a source-generated <c>JsonSerializerContext</c>, it needs no reflection.
    /// </param>
    /// <returns>A codec that throws <see cref="FrameError.Malformed"/> for invalid JSON and for <c>null</c>.</returns>
    public Codec<TMessage> WithMessages<TMessage>(JsonTypeInfo<TMessage> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var json = new JsonPayload<TMessage>(type);
        return new TypedCodec<TMessage>(this, json.Write, json.Read);
    }

    /// <summary>Creates a codec for the same frames with a message of your own in each.</summary>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <param name="encode">Writes the payload of a message. If it throws, nothing is sent, and the caller of the write gets the
    /// exception.</param>
    /// <param name="decode">
    /// Reads a message from a payload, which is valid only during the call. An exception, or null, means invalid bytes and
    /// becomes <see cref="FrameError.Malformed"/>, with the exception as its cause, so the function need not check the length
    /// before it reads. Exceptions that no bytes can cause pass unchanged: <see cref="NullReferenceException"/>,
    /// <see cref="NotSupportedException"/>, <see cref="NotImplementedException"/>, <see cref="ObjectDisposedException"/>,
    /// <see cref="OperationCanceledException"/>, and those of types that cannot be loaded or of a lack of memory or stack.
    /// </param>
    /// <returns>A codec that is as thread-safe as the two functions are.</returns>
    public Codec<TMessage> WithMessages<TMessage>(
        Action<TMessage, IBufferWriter<byte>> encode, Func<ReadOnlySequence<byte>, TMessage> decode)
    {
        ArgumentNullException.ThrowIfNull(encode);
        ArgumentNullException.ThrowIfNull(decode);
        return new TypedCodec<TMessage>(this, encode, decode);
    }

    /// <inheritdoc />
    public sealed override bool TryDecode(
        ref ReadOnlySequence<byte> input,
        [MaybeNullWhen(false)] out ReadOnlyMemory<byte> message)
    {
        long searched = 0;
        return TryDecode(ref input, ref searched, out message);
    }

    bool IResumingDecoder<ReadOnlyMemory<byte>>.TryDecode(
        ref ReadOnlySequence<byte> input, ref long searched, out ReadOnlyMemory<byte> message) =>
        TryDecode(ref input, ref searched, out message);

    /// <inheritdoc />
    public sealed override void Encode(ReadOnlyMemory<byte> message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        WriteFrame(new ReadOnlySequence<byte>(message), output);
    }

    /// <summary>
    /// Removes one frame from the start of <paramref name="input"/>, which is unchanged if it has no whole frame.
    /// </summary>
    internal abstract bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload);

    /// <summary>Does the same, and resumes the search for the end of a frame that no length precedes.</summary>
    /// <inheritdoc cref="IResumingDecoder{TMessage}.TryDecode"/>
    internal virtual bool TryReadFrame(
        ref ReadOnlySequence<byte> input, ref long searched, out ReadOnlySequence<byte> payload) =>
        TryReadFrame(ref input, out payload);

    /// <summary>Writes one frame. If it throws, it throws before the first byte.</summary>
    internal abstract void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output);

    private bool TryDecode(ref ReadOnlySequence<byte> input, ref long searched, out ReadOnlyMemory<byte> message)
    {
        var found = TryReadFrame(ref input, ref searched, out var payload);
        message = found ? payload.ToArray() : default(ReadOnlyMemory<byte>);
        return found;
    }
}
