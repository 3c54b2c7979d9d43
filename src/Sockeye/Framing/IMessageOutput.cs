using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The sending side of a message connection, whatever its peer sends. Safe to call concurrently.</summary>
/// <typeparam name="TMessage">The message that the peer receives.</typeparam>
public interface IMessageOutput<TMessage>
{
    /// <summary>Gets the id of the connection.</summary>
    string ConnectionId { get; }

    /// <inheritdoc cref="MessageConnection{TIn, TOut}.Connection"/>
    ConnectionContext Connection { get; }

    /// <inheritdoc cref="MessageConnection{TIn, TOut}.WriteAsync"/>
    ValueTask WriteAsync(TMessage message, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="MessageConnection{TIn, TOut}.TrySend"/>
    bool TrySend(TMessage message, SlowMemberPolicy whenFull = SlowMemberPolicy.Drop);
}
