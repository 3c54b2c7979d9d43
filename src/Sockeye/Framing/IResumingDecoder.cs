using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>A decoder that searches each byte for the end of a frame once, however many segments the frame arrives in.</summary>
/// <remarks>Its caller keeps the position of the search, so that any number of connections can share the decoder.</remarks>
internal interface IResumingDecoder<TMessage> : IFrameDecoder<TMessage>
{
    /// <summary>Reads one message, as <see cref="IFrameDecoder{TMessage}.TryDecode"/> does.</summary>
    /// <param name="input">All received bytes that are not part of an earlier message.</param>
    /// <param name="searched">The number of bytes at the start of <paramref name="input"/> that contain no end of the frame: 0
    /// at first, then what the call before has left.</param>
    /// <param name="message">The message.</param>
    bool TryDecode(ref ReadOnlySequence<byte> input, ref long searched, [MaybeNullWhen(false)] out TMessage message);
}

internal static class ResumingDecoderExtensions
{
    /// <summary>Reads one message, and resumes the search for its end if the decoder can.</summary>
    /// <inheritdoc cref="IResumingDecoder{TMessage}.TryDecode"/>
    public static bool Resume<TMessage>(
        this IFrameDecoder<TMessage> decoder,
        ref ReadOnlySequence<byte> input,
        ref long searched,
        [MaybeNullWhen(false)] out TMessage message) => decoder is IResumingDecoder<TMessage> resuming
            ? resuming.TryDecode(ref input, ref searched, out message)
            : decoder.TryDecode(ref input, out message);
}
