using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>The server of the predecessor, as the protocol sees it.</summary>
internal interface IPredecessorServer
{
    /// <summary>Returns the listeners. Their handles stay the server's.</summary>
    IReadOnlyList<HandedListener> GetListeners();

    /// <summary>Stops to accept, and leaves the sockets as they are: they belong to both processes.</summary>
    Task StopAcceptingAsync();

    /// <summary>Accepts on the same sockets, as before.</summary>
    Task ResumeAcceptingAsync();

    /// <summary>Takes connections from their handlers, at most <see cref="TakeoverFormat.MaxHandles"/>. None are left if it
    /// returns none.</summary>
    Task<IReadOnlyList<OutgoingConnection>> DetachAsync(CancellationToken cancellationToken);

    /// <summary>Serves the connections that pause and that <see cref="DetachAsync"/> has not returned, because the takeover has
    /// failed.</summary>
    void StopDetaching();

    /// <summary>Serves a connection that the successor does not take, as before it was detached.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="reason">The reason, without a full stop; null if the takeover failed.</param>
    void TakeBack(OutgoingConnection connection, string? reason);

    /// <summary>Closes the descriptors of a connection that the successor serves.</summary>
    void Forget(OutgoingConnection connection);
}

/// <summary>A connection without a handler, which one of two processes will serve.</summary>
/// <param name="handle">The descriptor.</param>
/// <param name="state">The serialized state.</param>
internal abstract class OutgoingConnection(SafeHandle handle, ReadOnlyMemory<byte> state)
{
    public SafeHandle Handle => handle;

    public ReadOnlyMemory<byte> State => state;

    /// <summary>The time for which it has stood still.</summary>
    public abstract TimeSpan StoodStill { get; }
}
