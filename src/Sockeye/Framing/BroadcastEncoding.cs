using System.Diagnostics;

namespace Sockeye;

/// <summary>An encoder that members of a group share, and the frame of the message that is being broadcast.</summary>
/// <remarks>It belongs to the group, whose lock guards it.</remarks>
internal sealed class BroadcastEncoding<TMessage>(IFrameEncoder<TMessage> encoder)
{
    private PooledBuffer? _frame;

    /// <summary>The number of members that use the encoder.</summary>
    public int MemberCount
    {
        get;
        set
        {
            Debug.Assert(value >= 0, "A member leaves once.");
            field = value;
        }
    }

    public IFrameEncoder<TMessage> Encoder => encoder;

    /// <summary>The encoded message, between <see cref="Encode"/> and <see cref="Release"/>.</summary>
    public PooledBuffer Frame
    {
        get
        {
            Debug.Assert(_frame is not null, "The message is encoded before it is queued.");
            return _frame;
        }
    }

    public void Encode(ref BroadcastContent<TMessage> content)
    {
        Debug.Assert(_frame is null, "The frame of the previous message was released.");
        _frame = content.GetFrame(encoder);
    }

    /// <summary>Releases the encoded message, if there is one. Each queue that holds it has a reference.</summary>
    public void Release()
    {
        _frame?.Release();
        _frame = null;
    }
}
