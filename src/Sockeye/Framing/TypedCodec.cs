using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>Frames with a message in each.</summary>
internal sealed class TypedCodec<TMessage>(
    FrameCodec frames,
    Action<TMessage, IBufferWriter<byte>> encode,
    Func<ReadOnlySequence<byte>, TMessage> decode) : Codec<TMessage>
{
    internal override bool ChecksBeforeWriting => true;

    public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TMessage message)
    {
        var rest = input;
        if (!frames.TryReadFrame(ref rest, out var payload))
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
        // The length stands before the payload on the wire and is known only after it, and a payload that cannot be
        // written must leave no half frame: so the payload comes together beside the output first.
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

    public override string ToString() => $"{frames}.Of<{typeof(TMessage).Name}>";

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
                this, $"the {payload.Length} bytes of a frame are no {typeof(TMessage).Name}: {error.Message}", error);
        }

        throw FrameException.Malformed(this, $"the {payload.Length} bytes of a frame stand for null");
    }
}
