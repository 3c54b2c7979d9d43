using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>Frames that hold one typed message each.</summary>
internal sealed class TypedCodec<TMessage>(
    FrameCodec frames,
    Action<TMessage, IBufferWriter<byte>> encode,
    Func<ReadOnlySequence<byte>, TMessage> decode) : Codec<TMessage>, IResumingDecoder<TMessage>
{
    public override bool IsEncodeAtomic => true;

    public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TMessage message)
    {
        long searched = 0;
        return TryDecode(ref input, ref searched, out message);
    }

    public bool TryDecode(ref ReadOnlySequence<byte> input, ref long searched, [MaybeNullWhen(false)] out TMessage message)
    {
        var rest = input;
        if (!frames.TryReadFrame(ref rest, ref searched, out var payload))
        {
            message = default;
            return false;
        }

        message = DecodePayload(payload);
        input = rest;
        return true;
    }

    public override void Encode(TMessage message, IBufferWriter<byte> output)
    {
        NullMessage.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(output);
        // The payload is written into a separate buffer first, because its length precedes it, and because a payload that cannot
        // be written must leave no part of a frame.
        var payload = PooledBuffer.Rent();
        try
        {
            encode(message, payload);
            frames.WriteFrame(new ReadOnlySequence<byte>(payload.WrittenMemory), output);
        }
        finally
        {
            payload.Release();
        }
    }

    public override string ToString() => $"{frames}.WithMessages<{typeof(TMessage).Name}>";

    private TMessage DecodePayload(in ReadOnlySequence<byte> payload)
    {
        try
        {
            if (decode(payload) is { } message)
                return message;
        }
        catch (Exception error) when (DecodeError.IsCausedByPeer(error))
        {
            throw FrameException.Malformed(
                this, $"the {payload.Length} bytes of a frame are not a valid {typeof(TMessage).Name}: {error.Message}", error);
        }

        throw FrameException.Malformed(this, $"the {payload.Length} bytes of a frame decode to null");
    }
}
