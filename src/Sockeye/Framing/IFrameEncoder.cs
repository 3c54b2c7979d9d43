using System.Buffers;

namespace Sockeye;

/// <summary>Writes messages as bytes. <see cref="Codec{TMessage}"/> is a decoder and an encoder in one.</summary>
/// <remarks>
/// One encoder serves many connections at the same time. It must keep no state between calls and be safe to call from any thread.
/// </remarks>
/// <typeparam name="TMessage">The message.</typeparam>
public interface IFrameEncoder<TMessage>
{
    /// <summary>
    /// Gets whether <see cref="Encode"/> writes either a whole frame or nothing: if it throws, it throws before its first byte.
    /// Default: false.
    /// </summary>
    /// <remarks>
    /// If true, a connection lets the encoder write into its output, without a copy. If false, the encoder writes into a separate
    /// buffer, which is copied to the output if <see cref="Encode"/> returns. The value must not change. Danger: bytes in an
    /// output cannot be withdrawn. If an encoder returns true and throws in the middle of a frame, the connection is aborted
    /// with <see cref="CloseCause.HandlerError"/>, and the write throws <see cref="InvalidOperationException"/>.
    /// </remarks>
    bool IsEncodeAtomic => false;

    /// <summary>Writes the frame of <paramref name="message"/>.</summary>
    /// <param name="message">The message. A connection or a group never passes null.</param>
    /// <param name="output">Receives the bytes of the frame.</param>
    /// <exception cref="FrameException">The message breaks the rules of the encoder, or exceeds its maximum.</exception>
    void Encode(TMessage message, IBufferWriter<byte> output);
}
