using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Extensions for handlers whose connections move to another server.</summary>
public static class ConnectionContextMovingExtensions
{
    extension(ConnectionContext connection)
    {
        /// <summary>Gets a token that fires when the server asks to move the connection: the handler calls <c>MoveAsync</c> when
        /// it can. A later request fires another token, so read the property again after each call. Never fires on an endpoint
        /// without <c>UseMoving</c>.</summary>
        public CancellationToken MoveRequested => connection.Move?.Requested ?? CancellationToken.None;

        /// <summary>Gets whether the handler continues a connection that another one has served: protocol steps at the start of
        /// a connection are over.</summary>
        public bool IsContinued => connection.Move?.Continued is not null;

        /// <summary>Gets the state that the handler before gave to <c>MoveAsync</c>. Empty for an accepted connection.</summary>
        public ReadOnlyMemory<byte> ContinuedState => connection.Move?.Continued?.HandlerState ?? default;

        /// <summary>Gets whether the connection has moved: its handler must return, and nothing more can be read or
        /// written.</summary>
        public bool HasMoved => connection.Move?.HasMoved ?? false;

        /// <summary>Moves the connection now, if the server asks for it, and waits for the outcome. Bytes that the handler has
        /// not consumed, and bytes that it has written, move with the connection.</summary>
        /// <param name="state">The handler's own state, which the handler in the other server gets as <c>ContinuedState</c>.
        /// Range: up to the maximum of <c>UseMoving</c>.</param>
        /// <returns>True if another server has the connection, and the handler must return. False if it continues here: no move
        /// was asked for, or it was not possible.</returns>
        /// <remarks>Call it while no read and no write is in progress, and await it before the next one. A state that is larger
        /// than <c>UseMoving</c> allows keeps the connection here, and the log has the reason.</remarks>
        public ValueTask<bool> MoveAsync(ReadOnlyMemory<byte> state = default) =>
            connection.Move is { } move ? move.AnswerAsync(() => state, connection.Transport) : new(false);

        /// <summary>The agreement on moves; null on an endpoint without <c>UseMoving</c>.</summary>
        internal ConnectionMove? Move => connection.Features.Get<ConnectionMove>();
    }
}
