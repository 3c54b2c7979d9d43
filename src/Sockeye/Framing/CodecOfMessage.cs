using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>Turns bytes into messages and messages into bytes. <see cref="Codec"/> makes the usual ones.</summary>
/// <remarks>
/// One codec serves many connections at once, so it keeps no state between calls and is safe from many callers. A codec of
/// your own must have a maximum: a peer that never ends a frame would fill the memory otherwise.
/// </remarks>
/// <typeparam name="TMessage">
/// The message. It owns what it holds, or is borrowed: a message that keeps slices of the input is valid only until the next one
/// is asked for.
/// </typeparam>
public abstract class Codec<TMessage>
{
    /// <summary>Takes one message from the front of <paramref name="input"/>.</summary>
    /// <param name="input">
    /// All bytes that have come and belong to no message yet, from a frame's first byte on. With a message it is moved behind
    /// that message's frame, by at least one byte; without one it stays.
    /// </param>
    /// <param name="message">The message; never null when one is there.</param>
    /// <returns>
    /// True with a message; false when more bytes are needed, and never when the bytes can no longer become a message.
    /// </returns>
    /// <exception cref="FrameException">The bytes break the codec's rules, or its maximum. Other exceptions count as
    /// <see cref="FrameError.Malformed"/> where a connection reads, but for those that no bytes explain
    /// (<see cref="FrameCodec.WithMessages{TMessage}(Action{TMessage, IBufferWriter{byte}}, Func{ReadOnlySequence{byte}, TMessage})"/>
    /// names them).</exception>
    public abstract bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TMessage message);

    /// <summary>Writes the frame of <paramref name="message"/>.</summary>
    /// <param name="message">The message; never null where a connection or a group writes.</param>
    /// <param name="output">
    /// Takes the bytes. What was written before an exception is thrown away by <c>MessageConnection</c>.
    /// </param>
    /// <exception cref="FrameException">The message breaks the codec's rules, or its maximum.</exception>
    public abstract void Encode(TMessage message, IBufferWriter<byte> output);

    /// <summary>
    /// Whether <see cref="Encode"/> throws before its first byte or not at all, and so may write straight to a connection.
    /// </summary>
    internal virtual bool ChecksBeforeWriting => false;
}
