using System.Buffers;
using NATS.Client.Core;

namespace Sockeye.Nats;

/// <summary>A subscription of one link: hands each message to the link on the read loop of the client, without a queue or a
/// task.</summary>
internal sealed class FrameSub(NatsLink link, NatsConnection connection, string subject)
    : NatsSubBase(connection, connection.SubscriptionManager, subject, queueGroup: null, opts: null)
{
    // The base class would go through an asynchronous method for each message, which here has nothing to wait for.
    public override ValueTask ReceiveAsync(
        string subject, string? replyTo, ReadOnlySequence<byte>? headersBuffer, ReadOnlySequence<byte> payloadBuffer)
    {
        link.OnMessage(subject, payloadBuffer);
        return default;
    }

    /// <summary>Does nothing: a connection that ends takes its subscriptions with it, and must not wait for the server.</summary>
    public override ValueTask DisposeAsync() => default;

    protected override ValueTask ReceiveInternalAsync(
        string subject, string? replyTo, ReadOnlySequence<byte>? headersBuffer, ReadOnlySequence<byte> payloadBuffer) =>
        ReceiveAsync(subject, replyTo, headersBuffer, payloadBuffer);

    protected override void TryComplete()
    {
        // There is no queue to complete.
    }
}
