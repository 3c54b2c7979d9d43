using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;

namespace Sockeye;

/// <summary>
/// A framing whose messages are bytes, and what other messages are built on: borrowed bytes, JSON, types of your own.
/// </summary>
/// <remarks>
/// As it stands each message is a fresh array that belongs to whoever reads it. <see cref="WithoutCopying"/> reads without a copy;
/// <c>WithMessages</c> reads and writes typed messages.
/// </remarks>
public abstract class FrameCodec : Codec<ReadOnlyMemory<byte>>
{
    private protected FrameCodec()
    {
    }

    internal sealed override bool ChecksBeforeWriting => true;

    /// <summary>The same frames without a copy: a message is a slice of the receive buffer.</summary>
    /// <returns>
    /// A codec whose messages are valid until the next one is asked for: copy what has to live longer. Written messages are
    /// copied at once and not kept.
    /// </returns>
    public Codec<ReadOnlySequence<byte>> WithoutCopying() => new ZeroCopyCodec(this);

    /// <summary>The same frames with JSON in them, UTF-8 (RFC 8259), one value a frame.</summary>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <param name="type">
    /// How it is written; from a source-generated <c>JsonSerializerContext</c>, it needs no reflection.
    /// </param>
    /// <returns>A codec that answers JSON it cannot read, and <c>null</c>, with <see cref="FrameError.Malformed"/>.</returns>
    public Codec<TMessage> WithMessages<TMessage>(JsonTypeInfo<TMessage> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var json = new JsonPayload<TMessage>(type);
        return new TypedCodec<TMessage>(this, json.Write, json.Read);
    }

    /// <summary>The same frames with messages of your own in them.</summary>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <param name="encode">Writes the payload of a message. Whatever it throws reaches the writer, and nothing is sent.</param>
    /// <param name="decode">
    /// Reads a message from a payload, which is valid during the call only. What it throws, and null, is the peer's fault and
    /// becomes <see cref="FrameError.Malformed"/>, with the exception inside: so it need not check the length before it reads.
    /// Exceptions that no bytes explain pass as they are and are the handler's: <see cref="NullReferenceException"/>,
    /// <see cref="NotSupportedException"/>, <see cref="NotImplementedException"/>, <see cref="ObjectDisposedException"/>,
    /// <see cref="OperationCanceledException"/>, and those of types that cannot be loaded or of a lack of memory or stack.
    /// </param>
    /// <returns>A codec for both; it is as safe from many callers as the two functions are.</returns>
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
        var found = TryReadFrame(ref input, out var payload);
        message = found ? payload.ToArray() : default(ReadOnlyMemory<byte>);
        return found;
    }

    /// <inheritdoc />
    public sealed override void Encode(ReadOnlyMemory<byte> message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        WriteFrame(new ReadOnlySequence<byte>(message), output);
    }

    /// <summary>Takes one frame from the front of <paramref name="input"/>, which stays where no whole frame is there.</summary>
    internal abstract bool TryReadFrame(ref ReadOnlySequence<byte> input, out ReadOnlySequence<byte> payload);

    /// <summary>Writes one frame. Throws before the first byte or not at all.</summary>
    internal abstract void WriteFrame(in ReadOnlySequence<byte> payload, IBufferWriter<byte> output);
}
