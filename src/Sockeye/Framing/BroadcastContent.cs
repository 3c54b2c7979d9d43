using System.Buffers;
using System.Diagnostics;

namespace Sockeye;

/// <summary>A message for the members of a group: the message itself, its frame in one codec, or both.</summary>
/// <remarks>What is missing is made when it is first needed. The caller owns the frame that it passes.</remarks>
internal ref struct BroadcastContent<TMessage>
{
    private readonly Codec<TMessage>? _codec;
    private readonly PooledBuffer? _frame;
    private TMessage? _message;
    private bool _hasMessage;

    public BroadcastContent(TMessage message) => (_message, _hasMessage) = (message, true);

    /// <param name="message">The message.</param>
    /// <param name="codec">The codec of the frame.</param>
    /// <param name="frame">The message as the codec encodes it.</param>
    public BroadcastContent(TMessage message, Codec<TMessage> codec, PooledBuffer frame)
        : this(message) => (_codec, _frame) = (codec, frame);

    /// <param name="codec">The codec of the frame.</param>
    /// <param name="frame">A whole frame.</param>
    public BroadcastContent(Codec<TMessage> codec, PooledBuffer frame) => (_codec, _frame) = (codec, frame);

    /// <summary>Returns the message as the encoder encodes it, with a reference for the caller.</summary>
    public PooledBuffer GetFrame(IFrameEncoder<TMessage> encoder)
    {
        if (_frame is not null && ReferenceEquals(encoder, _codec))
        {
            _frame.AddReference();
            return _frame;
        }

        var frame = PooledBuffer.Rent();
        try
        {
            encoder.Encode(GetMessage(), frame);
            return frame;
        }
        catch (Exception)
        {
            frame.Release();
            throw;
        }
    }

    private TMessage GetMessage()
    {
        if (_hasMessage)
            return _message!;
        Debug.Assert(_codec is not null && _frame is not null, "There is a message or a frame.");
        var bytes = new ReadOnlySequence<byte>(_frame.WrittenMemory);
        if (!_codec.ForConnection().TryDecode(ref bytes, out _message) || !bytes.IsEmpty)
        {
            throw new FrameException(
                FrameError.Malformed, $"a frame of {_frame.WrittenMemory.Length} bytes is not one whole message of its codec");
        }

        _hasMessage = true;
        return _message;
    }
}
