namespace Sockeye;

/// <summary>Extensions that give each connection of a codec a heartbeat.</summary>
public static class CodecHeartbeatExtensions
{
    extension<TMessage>(Codec<TMessage> codec)
    {
        /// <summary>Creates a codec with the same frames, whose connections have a heartbeat.</summary>
        /// <param name="configure">Sets the messages and times.</param>
        /// <exception cref="ArgumentException">The heartbeat neither sends nor answers pings.</exception>
        public Codec<TMessage> WithHeartbeat(Action<Heartbeat<TMessage, TMessage>> configure)
        {
            ArgumentNullException.ThrowIfNull(codec);
            ArgumentNullException.ThrowIfNull(configure);
            var heartbeat = new Heartbeat<TMessage, TMessage>();
            configure(heartbeat);
            return new HeartbeatCodec<TMessage>(codec, heartbeat.TakeCopy());
        }
    }

    extension<TIn>(IFrameDecoder<TIn> decoder)
    {
        /// <summary>
        /// Creates a decoder of the same frames, whose connections have a heartbeat, for connections with a type of message for
        /// each direction.
        /// </summary>
        /// <typeparam name="TOut">The message that this side sends.</typeparam>
        /// <param name="configure">Sets the messages and times.</param>
        /// <exception cref="ArgumentException">The heartbeat neither sends nor answers pings.</exception>
        public IFrameDecoder<TIn> WithHeartbeat<TOut>(Action<Heartbeat<TIn, TOut>> configure)
        {
            ArgumentNullException.ThrowIfNull(decoder);
            ArgumentNullException.ThrowIfNull(configure);
            var heartbeat = new Heartbeat<TIn, TOut>();
            configure(heartbeat);
            return new HeartbeatDecoder<TIn, TOut>(decoder, heartbeat.TakeCopy());
        }
    }
}
