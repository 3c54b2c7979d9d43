using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Moves the connection of a handler of messages between two messages of each side.</summary>
/// <remarks>The reader calls it where it would wait for the next message. Writers wait meanwhile.</remarks>
/// <param name="move">The agreement with the server.</param>
/// <param name="connection">The connection.</param>
/// <param name="holdWriter">Runs a function while no message is written.</param>
internal sealed class MessageMover(
    ConnectionMove move, ConnectionContext connection, Func<Func<ValueTask<bool>>, CancellationToken, ValueTask<bool>> holdWriter)
{
    private int _holds;

    /// <summary>Whether the server asks for a move, and nothing speaks against it.</summary>
    public bool IsDue => move.IsRequested && Volatile.Read(ref _holds) == 0;

    /// <summary>Keeps the connection here until <see cref="Release"/>: a message was read, and its response is not
    /// written.</summary>
    public void Hold() => Interlocked.Increment(ref _holds);

    /// <summary>Ends a <see cref="Hold"/>.</summary>
    public void Release()
    {
        // A full fence: either the reader sees that nothing is held, or this sees the request and wakes the reader.
        if (Interlocked.Decrement(ref _holds) == 0 && move.IsRequested)
            move.Wake?.Invoke();
    }

    /// <summary>Returns true if another server has the connection.</summary>
    public async ValueTask<bool> TryMoveAsync()
    {
        try
        {
            return await holdWriter(
                () => move.AnswerAsync(move.SaveState, connection.Transport), move.Withdrawn);
        }
        catch (OperationCanceledException)
        {
            return false; // Another writer waits for the peer, and the server waits no longer.
        }
    }
}
