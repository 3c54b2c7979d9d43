namespace Sockeye.Transports;

/// <summary>Reports why a connection ended, and lets a server end it for a reason. Safe for use from any thread, more than
/// once.</summary>
/// <remarks>
/// A feature of the connection (<c>ConnectionContext.Features</c>). On a connection without it,
/// <c>connection.CloseReason</c> is null and a server ends the connection by <c>ConnectionContext.Abort</c>.
/// <see cref="TransportConnection"/> implements it.
/// </remarks>
public interface IConnectionCloseFeature
{
    /// <summary>Gets the reason of the end. Null while both directions are open.</summary>
    CloseReason? CloseReason { get; }

    /// <summary>Records the reason of an end that is about to happen, without ending anything. The first reason stays, except
    /// that an orderly end gives way to a break.</summary>
    void SetCloseReason(CloseReason reason);

    /// <summary>Ends both directions at once, by RST where the transport has it.</summary>
    void Abort(CloseReason reason);

    /// <summary>Ends both directions at once, in order (FIN). For a connection with nothing in flight.</summary>
    void Close(CloseReason reason);
}
