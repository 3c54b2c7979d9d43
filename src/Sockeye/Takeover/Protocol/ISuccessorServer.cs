namespace Sockeye;

/// <summary>The server of the successor, as the protocol sees it.</summary>
internal interface ISuccessorServer
{
    /// <summary>Attachs the listeners, closes those that it does not know, binds what is missing, and accepts.</summary>
    /// <param name="listeners">The listeners. The server owns their handles, also if it fails.</param>
    Task AttachAsync(IReadOnlyList<HandedListener> listeners);

    /// <summary>Prepares to serve a connection. Until it is served, it must not be touched.</summary>
    /// <param name="connection">The connection. The server owns its handle, also if it refuses.</param>
    /// <returns>The connection, or the reason why it is refused.</returns>
    PreparedConnection Prepare(OfferedConnection connection);

    /// <summary>Serves a connection from now on.</summary>
    void Serve(PreparedConnection connection);

    /// <summary>Closes the descriptor of a connection that stays with the predecessor, without touching the connection.</summary>
    void Discard(PreparedConnection connection);

    /// <summary>Stops to accept, and leaves the sockets as they are: the predecessor accepts.</summary>
    Task WithdrawAsync();
}

/// <summary>A connection that the successor can serve, or cannot.</summary>
/// <param name="refusal">The reason why it cannot, without a full stop; otherwise null.</param>
internal class PreparedConnection(string? refusal)
{
    public string? Refusal => refusal;
}
