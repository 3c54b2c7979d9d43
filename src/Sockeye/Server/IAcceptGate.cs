using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Decides when an endpoint accepts its next client. Until then, clients wait in the accept queue.</summary>
/// <remarks>
/// An endpoint may have several listeners (localhost has two), each of which waits here before every accept. Between the wait of
/// one and its next client, another listener may accept a client, too. Therefore, <see cref="WaitAsync"/> reserves nothing:
/// <see cref="EnterAsync"/> counts each accepted client at once, and an excess client waits for its permit there.
/// </remarks>
internal interface IAcceptGate
{
    /// <summary>The method or option that added the gate.</summary>
    string Name { get; }

    /// <summary>Completes when the next client may be accepted. Throws when <paramref name="stopping"/> fires.</summary>
    ValueTask WaitAsync(CancellationToken stopping);

    /// <summary>
    /// Counts an accepted client. Completes when it may be served; throws when <paramref name="stopping"/> fires.
    /// </summary>
    ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping);

    /// <summary>Ends the count of a client that has entered, whether it was served or not.</summary>
    void Leave();

    /// <summary>Counts a connection that was open before the gate existed. It leaves like the others.</summary>
    void EnterExisting();

    /// <summary>Ends the gate: every waiter passes.</summary>
    void ReleaseWaiters();
}
