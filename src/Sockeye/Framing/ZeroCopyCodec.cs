using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>Frames as slices of the receive buffer.</summary>
internal sealed class ZeroCopyCodec(FrameCodec frames) : Codec<ReadOnlySequence<byte>>, IResumingDecoder<ReadOnlySequence<byte>>
{
    public override bool IsEncodeAtomic => true;

    public override bool TryDecode(
        ref ReadOnlySequence<byte> input,
        [MaybeNullWhen(false)] out ReadOnlySequence<byte> message) => frames.TryReadFrame(ref input, out message);

    public bool TryDecode(
        ref ReadOnlySequence<byte> input,
        ref long searched,
        [MaybeNullWhen(false)] out ReadOnlySequence<byte> message) => frames.TryReadFrame(ref input, ref searched, out message);

    public override void Encode(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        frames.WriteFrame(message, output);
    }

    public override string ToString() => $"{frames}.WithoutCopying()";
}
