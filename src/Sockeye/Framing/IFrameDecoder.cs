using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>Reads messages from bytes. <see cref="Codec{TMessage}"/> is a decoder and an encoder in one.</summary>
/// <remarks>
/// One decoder serves many connections at the same time. It must keep no state between calls and be safe to call from any thread,
/// unless <see cref="ForConnection"/> returns a new decoder for each connection.
/// <para>It must have a maximum length: otherwise a peer that never ends a frame fills the memory.</para>
/// </remarks>
/// <typeparam name="TMessage">
/// The message. It owns its bytes, or borrows them: a message that keeps slices of the input is valid only until the next message
/// is read.
/// </typeparam>
public interface IFrameDecoder<TMessage>
{
    /// <summary>
    /// Returns the decoder of one connection: a new one if it keeps state between calls. Default: this decoder, which all
    /// connections share.
    /// </summary>
    /// <remarks>
    /// Called once for each message connection: each call of <c>AsMessages</c>, each connection of a server, and each new
    /// connection of a client that reconnects. Only one caller at a time uses the decoder that it returns. A decoder that wraps
    /// another one calls its method, too. Must be safe to call from any thread.
    /// </remarks>
    /// <returns>A decoder; not null.</returns>
    IFrameDecoder<TMessage> ForConnection() => this;

    /// <summary>Reads one message from the start of <paramref name="input"/>.</summary>
    /// <param name="input">
    /// All received bytes that are not part of an earlier message, starting with the first byte of a frame. If there is a
    /// message, the decoder moves the start to the end of its frame, by at least one byte; otherwise, the start does not change.
    /// A decoder that <see cref="ForConnection"/> created may take bytes of an unfinished frame: it moves the start, returns
    /// false, and gets only the bytes after it in the next call. What it takes is not valid after the call.
    /// </param>
    /// <param name="message">The message; not null if the method returns true.</param>
    /// <returns>
    /// True if there is a message; false if the decoder needs more bytes. It throws if more bytes cannot complete the message.
    /// </returns>
    /// <exception cref="FrameException">The bytes break the rules of the decoder, or exceed its maximum. A connection treats
    /// other exceptions as <see cref="FrameError.Malformed"/>, except those that no bytes can cause
    /// (<see cref="FrameCodec.WithMessages{TMessage}(Action{TMessage, IBufferWriter{byte}},
    /// Func{ReadOnlySequence{byte}, TMessage})"/> lists them).</exception>
    bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TMessage message);
}
