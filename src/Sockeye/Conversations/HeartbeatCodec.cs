using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sockeye;

/// <summary>A codec whose connections have a heartbeat. The frames are those of the codec below.</summary>
internal sealed class HeartbeatCodec<TMessage>(Codec<TMessage> codec, Heartbeat<TMessage, TMessage> heartbeat)
    : Codec<TMessage>, IResumingDecoder<TMessage>, IConnectionDecoder<TMessage>
{
    public override bool IsEncodeAtomic => codec.IsEncodeAtomic;

    public override IFrameDecoder<TMessage> ForConnection() => codec.ForConnection() is var own && ReferenceEquals(own, codec)
        ? this
        : new HeartbeatDecoder<TMessage, TMessage>(own, heartbeat);

    public override bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TMessage message) =>
        codec.TryDecode(ref input, out message);

    public bool TryDecode(ref ReadOnlySequence<byte> input, ref long searched, [MaybeNullWhen(false)] out TMessage message) =>
        codec.Resume(ref input, ref searched, out message);

    public override void Encode(TMessage message, IBufferWriter<byte> output) => codec.Encode(message, output);

    public IMessageMonitor<TMessage>? Attach(object messages) =>
        HeartbeatMonitor<TMessage, TMessage>.Attach(messages, heartbeat);

    public override string? ToString() => codec.ToString();
}

/// <summary>A decoder whose connections have a heartbeat. The frames are those of the decoder below.</summary>
internal sealed class HeartbeatDecoder<TIn, TOut>(IFrameDecoder<TIn> decoder, Heartbeat<TIn, TOut> heartbeat)
    : IResumingDecoder<TIn>, IConnectionDecoder<TIn>
{
    public IFrameDecoder<TIn> ForConnection() => decoder.ForConnection() is var own && ReferenceEquals(own, decoder)
        ? this
        : new HeartbeatDecoder<TIn, TOut>(own, heartbeat);

    public bool TryDecode(ref ReadOnlySequence<byte> input, [MaybeNullWhen(false)] out TIn message) =>
        decoder.TryDecode(ref input, out message);

    public bool TryDecode(ref ReadOnlySequence<byte> input, ref long searched, [MaybeNullWhen(false)] out TIn message) =>
        decoder.Resume(ref input, ref searched, out message);

    public IMessageMonitor<TIn>? Attach(object messages) => HeartbeatMonitor<TIn, TOut>.Attach(messages, heartbeat);

    public override string? ToString() => decoder.ToString();
}
