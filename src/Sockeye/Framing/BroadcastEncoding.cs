namespace Sockeye;

/// <summary>One codec that members of a group share, and the message of this moment as it writes it.</summary>
/// <remarks>Belongs to the group, whose lock guards it.</remarks>
internal sealed class BroadcastEncoding<TMessage>(Codec<TMessage> codec)
{
    private PooledBuffer? _frame;

    public int MemberCount { get; set; }

    public Codec<TMessage> Codec => codec;

    /// <summary>The encoded message. Only between <see cref="Encode"/> and <see cref="Release"/>.</summary>
    public PooledBuffer Frame => _frame!;

    public void Encode(TMessage message)
    {
        _frame = PooledBuffer.Rent();
        codec.Encode(message, _frame);
    }

    /// <summary>Lets go of the encoded message, if there is one: queues that took it hold it themselves.</summary>
    public void Release()
    {
        _frame?.Release();
        _frame = null;
    }
}
