using Microsoft.AspNetCore.Connections;

namespace Sockeye.Clustering;

/// <summary>A connection of this node that messages can be addressed to. Safe to call from any thread.</summary>
internal interface IRegisteredConnection
{
    ConnectionContext Connection { get; }

    string? User { get; }

    /// <summary>Queues a message of this process.</summary>
    ClusterSendResult TrySend<TMessage>(TMessage message);

    /// <summary>Queues a message of another node, as the codec of the cluster encodes its type.</summary>
    ClusterSendResult TrySend(ReadOnlySpan<byte> typeName, ReadOnlySpan<byte> payload);
}
