namespace Sockeye;

/// <summary>The kind of reason why a connection does not move.</summary>
public enum MoveRefusalKind
{
    /// <summary>Its endpoint does not move connections: <c>UseMoving</c> is missing.</summary>
    NotMovable,

    /// <summary>Its transport, or this system, cannot give the socket to another connection.</summary>
    Transport,

    /// <summary>A layer on top of it, such as TLS or a bandwidth limit, has state or bytes that do not move.</summary>
    Layered,

    /// <summary>Its handler did not reach a point at which it can move in time, or uses a pipe at that point.</summary>
    HandlerBusy,

    /// <summary>Operations on the socket did not end in time: the peer does not read what is being sent.</summary>
    PeerBusy,

    /// <summary>More bytes wait, or the handler's state is larger, than the options allow.</summary>
    TooLarge,

    /// <summary>It has ended, or ends.</summary>
    Ended,

    /// <summary>The other server has no endpoint for it, stops, or cannot use its socket.</summary>
    NotAccepted,
}

/// <summary>The reason why a connection does not move: it stays where it is, and is served as before.</summary>
/// <param name="Kind">The kind of the reason.</param>
/// <param name="Description">A sentence for logs, without a full stop.</param>
public sealed record MoveRefusal(MoveRefusalKind Kind, string Description)
{
    /// <summary>Returns the description.</summary>
    public override string ToString() => Description;
}
