namespace Sockeye;

/// <summary>The side that ended a connection.</summary>
public enum ClosedBy
{
    /// <summary>This process: its handler, a limit, a stop or an abort.</summary>
    Local,

    /// <summary>The other side.</summary>
    Peer,

    /// <summary>Neither side: the network, a firewall or the system, as with a timeout.</summary>
    Network,
}

/// <summary>The direction of a connection that ended first. An abrupt end ends both at once.</summary>
public enum CloseDirection
{
    /// <summary>From the peer to this process.</summary>
    Input,

    /// <summary>From this process to the peer.</summary>
    Output,

    /// <summary>Both at once.</summary>
    Both,
}

/// <summary>The cause of a connection's end.</summary>
public enum CloseCause
{
    /// <summary>An orderly end: one side sent FIN (RFC 9293, section 3.6).</summary>
    Fin,

    /// <summary>The other side sent a reset (RST). Data in flight may be lost.</summary>
    Reset,

    /// <summary>A timeout passed: the peer sent nothing, or accepted nothing, for too long.</summary>
    Timeout,

    /// <summary>A limit was reached.</summary>
    Limit,

    /// <summary>This process ended the connection at once.</summary>
    Abort,

    /// <summary>The server was stopped.</summary>
    Stop,

    /// <summary>The handler threw.</summary>
    HandlerError,

    /// <summary>The peer sent bytes that its protocol does not allow, or ended in the middle of a message.</summary>
    ProtocolError,

    /// <summary>A rule of this process denies the peer's address.</summary>
    Denied,

    /// <summary>The TLS handshake failed, or TLS failed later.</summary>
    TlsError,

    /// <summary>The connection continues in another server, and its peer notices nothing.</summary>
    Moved,
}

/// <summary>Describes why a connection ended: the side, the cause, the direction, and a sentence for logs.</summary>
/// <remarks>
/// A connection keeps its first reason, with one exception: a break replaces an earlier orderly end
/// (<see cref="CloseCause.Fin"/>).
/// </remarks>
public sealed class CloseReason
{
    /// <summary>Creates a reason that no option decided.</summary>
    /// <param name="by">The side that ended the connection.</param>
    /// <param name="cause">The cause.</param>
    /// <param name="direction">The direction that ended first.</param>
    /// <param name="description">A sentence for logs. A full stop at its end is removed.</param>
    /// <param name="exception">The exception that caused the end, or null.</param>
    public CloseReason(
        ClosedBy by, CloseCause cause, CloseDirection direction, string description, Exception? exception = null)
        : this(
            by, cause, direction, new Explanation(description ?? throw new ArgumentNullException(nameof(description))), exception)
    {
    }

    internal CloseReason(
        ClosedBy by, CloseCause cause, CloseDirection direction, Explanation explanation, Exception? exception = null)
    {
        (By, Cause, Direction, Explanation, Exception) = (by, cause, direction, explanation, exception);
        Description = explanation.ToString();
    }

    /// <summary>Gets the reason of a connection that its peer ended first, in order.</summary>
    public static CloseReason PeerFin { get; } =
        new(ClosedBy.Peer, CloseCause.Fin, CloseDirection.Input, "the peer ended its side (FIN)");

    /// <summary>Gets the reason of a connection that this process ended first, in order.</summary>
    public static CloseReason LocalFin { get; } =
        new(ClosedBy.Local, CloseCause.Fin, CloseDirection.Output, "this side ended first (FIN)");

    /// <summary>The reason of an orderly end of this side that the user describes.</summary>
    internal static CloseReason LocalEnd(string description) =>
        new(ClosedBy.Local, CloseCause.Fin, CloseDirection.Output, description);

    internal static CloseReason Stopped { get; } =
        new(ClosedBy.Local, CloseCause.Stop, CloseDirection.Output, "the server was stopped");

    internal static CloseReason Moved { get; } =
        new(ClosedBy.Local, CloseCause.Moved, CloseDirection.Both, "the connection continues in another server");

    internal static CloseReason Local(CloseCause cause, string description, Exception? exception = null) =>
        new(ClosedBy.Local, cause, CloseDirection.Both, description, exception);

    internal static CloseReason Local(CloseCause cause, Explanation explanation) =>
        new(ClosedBy.Local, cause, CloseDirection.Both, explanation);

    /// <summary>The reason of a connection that was refused by a limit or a rule before it was served.</summary>
    internal static CloseReason Refused(CloseCause cause, Explanation explanation) =>
        new(ClosedBy.Local, cause, CloseDirection.Both, explanation) { IsRefusal = true };

    /// <summary>The reason of a connection that was closed in order before the peer had acknowledged everything.</summary>
    internal static CloseReason Unacknowledged(string what) =>
        new(ClosedBy.Local, CloseCause.Timeout, CloseDirection.Output,
            $"this side ended first (FIN), and the peer acknowledged the sent data too slowly: {what}") { HasSentFin = true };

    internal static CloseReason PeerReset(Exception exception) =>
        new(ClosedBy.Peer, CloseCause.Reset, CloseDirection.Both, "the peer reset the connection (RST)", exception);

    /// <summary>Gets the side that ended the connection.</summary>
    public ClosedBy By { get; }

    /// <summary>Gets the cause.</summary>
    public CloseCause Cause { get; }

    /// <summary>Gets the direction that ended first.</summary>
    public CloseDirection Direction { get; }

    /// <summary>
    /// Gets a sentence for logs, without a full stop. Text from the peer is escaped (<see cref="PrintableText"/>).
    /// </summary>
    public string Description { get; }

    /// <summary>Gets the description together with the option that decided the end, for programs that name options
    /// differently.</summary>
    public Explanation Explanation { get; }

    /// <summary>Gets the exception that caused the end, or null.</summary>
    public Exception? Exception { get; }

    /// <summary>Gets whether both directions ended in order, without loss.</summary>
    public bool IsOrderly => Cause is CloseCause.Fin or CloseCause.Moved;

    /// <summary>Whether the connection was refused rather than served. A flood causes many of these.</summary>
    internal bool IsRefusal { get; private init; }

    /// <summary>Whether the connection ended by FIN rather than by RST, although data may be lost.</summary>
    internal bool HasSentFin { get; private init; }

    /// <summary>Returns the description.</summary>
    public override string ToString() => Description;
}
