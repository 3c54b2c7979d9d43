namespace Sockeye;

/// <summary>Who ended a connection.</summary>
public enum ClosedBy
{
    /// <summary>This process: its handler, a limit, a stop or an abort.</summary>
    Local,

    /// <summary>The other side.</summary>
    Peer,

    /// <summary>Neither side: the network, a firewall or the system, as with a timeout.</summary>
    Network,
}

/// <summary>Which direction of a connection ended first. An abrupt end takes both at once.</summary>
public enum CloseDirection
{
    /// <summary>From the peer to this process.</summary>
    Input,

    /// <summary>From this process to the peer.</summary>
    Output,

    /// <summary>Both at once.</summary>
    Both,
}

/// <summary>What ended a connection.</summary>
public enum CloseCause
{
    /// <summary>An orderly end: one side sent FIN (RFC 9293, section 3.6).</summary>
    Fin,

    /// <summary>A reset (RST) came from the other side; what was in flight may be lost.</summary>
    Reset,

    /// <summary>Nothing was heard, or nothing was taken, for too long.</summary>
    Timeout,

    /// <summary>A limit was reached.</summary>
    Limit,

    /// <summary>This process ended it at once.</summary>
    Abort,

    /// <summary>The server was stopped.</summary>
    Stop,

    /// <summary>The handler threw.</summary>
    HandlerError,

    /// <summary>The peer sent bytes that its protocol does not allow, or ended in the middle of a message.</summary>
    ProtocolError,

    /// <summary>A rule of this process keeps the peer's address out.</summary>
    Denied,

    /// <summary>TLS could not be agreed on, or was broken later.</summary>
    TlsError,
}

/// <summary>Why a connection ended: who did it, how, in which direction, and one sentence for a log.</summary>
/// <remarks>
/// Only the first cause is kept, with one exception: an orderly end (<see cref="CloseCause.Fin"/>) gives way to whatever
/// breaks the connection afterwards, since that is what the user has to know.
/// </remarks>
/// <param name="by">Who ended it.</param>
/// <param name="cause">What ended it.</param>
/// <param name="direction">The direction that ended first.</param>
/// <param name="description">A sentence without a full stop, fit for a log; one that it has is taken off.</param>
/// <param name="exception">The error behind it, where there is one.</param>
public sealed class CloseReason(
    ClosedBy by,
    CloseCause cause,
    CloseDirection direction,
    string description,
    Exception? exception = null)
{
    /// <summary>Gets the reason of a connection that its peer ended first, in order.</summary>
    public static CloseReason PeerFin { get; } =
        new(ClosedBy.Peer, CloseCause.Fin, CloseDirection.Input, "the peer ended its side (FIN)");

    /// <summary>Gets the reason of a connection that this process ended first, in order.</summary>
    public static CloseReason LocalFin { get; } =
        new(ClosedBy.Local, CloseCause.Fin, CloseDirection.Output, "this side ended first (FIN)");

    internal static CloseReason Stopped { get; } =
        new(ClosedBy.Local, CloseCause.Stop, CloseDirection.Output, "the server was stopped");

    internal static CloseReason Local(CloseCause cause, string description, Exception? exception = null) =>
        new(ClosedBy.Local, cause, CloseDirection.Both, description, exception);

    /// <summary>The peer was never served: a limit or a rule kept it out.</summary>
    internal static CloseReason Refused(CloseCause cause, string description) =>
        new(ClosedBy.Local, cause, CloseDirection.Both, description) { IsRefusal = true };

    /// <summary>Closed in order, but it is not known whether the peer gets the end of what was sent.</summary>
    internal static CloseReason Unacknowledged(string what) =>
        new(ClosedBy.Local, CloseCause.Timeout, CloseDirection.Output,
            $"this side ended first (FIN), and the peer acknowledged what was sent too slowly: {what}") { HasSentFin = true };

    internal static CloseReason PeerReset(Exception exception) =>
        new(ClosedBy.Peer, CloseCause.Reset, CloseDirection.Both, "the peer reset the connection (RST)", exception);

    /// <summary>Who ended it.</summary>
    public ClosedBy By => by;

    /// <summary>What ended it.</summary>
    public CloseCause Cause => cause;

    /// <summary>The direction that ended first.</summary>
    public CloseDirection Direction => direction;

    /// <summary>
    /// A sentence without a full stop, fit for a log: what a peer chose of it is escaped (<see cref="PrintableText"/>).
    /// </summary>
    public string Description { get; } = PrintableText.Escape(SentenceText.TrimFullStop(
        description ?? throw new ArgumentNullException(nameof(description))));

    /// <summary>The error behind it, where there is one.</summary>
    public Exception? Exception => exception;

    /// <summary>Whether both directions ended in order, without loss.</summary>
    public bool IsOrderly => cause is CloseCause.Fin;

    /// <summary>Whether the peer was kept out rather than served: in a flood there are many, each worth little.</summary>
    internal bool IsRefusal { get; private init; }

    /// <summary>Whether the connection, though not without loss, ended by FIN rather than by RST.</summary>
    internal bool HasSentFin { get; private init; }

    /// <summary>The description.</summary>
    public override string ToString() => Description;
}
