using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>A decoder and an encoder for one type of message. <see cref="Codec"/> creates the usual ones.</summary>
/// <remarks>
/// One codec serves many connections at the same time. It must keep no state between calls and be safe to call from any thread;
/// only decoding may keep state, in a decoder of <see cref="ForConnection"/>.
/// <para>It must have a maximum length: otherwise a peer that never ends a frame fills the memory.</para>
/// <para>For one direction, implement <see cref="IFrameDecoder{TMessage}"/> or <see cref="IFrameEncoder{TMessage}"/>.</para>
/// </remarks>
/// <typeparam name="TMessage">
/// The message. It owns its bytes, or borrows them: a message that keeps slices of the input is valid only until the next message
/// is read.
/// </typeparam>
public abstract class Codec<TMessage> : IFrameDecoder<TMessage>, IFrameEncoder<TMessage>
{
    /// <inheritdoc />
    public virtual bool IsEncodeAtomic => false;

    /// <inheritdoc />
    public virtual IFrameDecoder<TMessage> ForConnection() => this;

    /// <inheritdoc />
    public abstract bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TMessage message);

    /// <inheritdoc />
    public abstract void Encode(TMessage message, IBufferWriter<byte> output);
}
