using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Decides when an endpoint takes its next client. Until then clients wait in the system's accept queue.</summary>
/// <remarks>
/// An endpoint may have several listeners (localhost has two), each waiting here on its own before every accept: between a wait
/// and the client that comes after it, the other one may take a client too. Waiting takes nothing for that reason; what is
/// accepted is told at once, and who then is one too many has to wait for its turn.
/// </remarks>
internal interface IAcceptGate
{
    /// <summary>The method or option that set it, as users know it.</summary>
    string Name { get; }

    /// <summary>Ends when the next client may be taken, or throws when <paramref name="stopping"/> fires.</summary>
    ValueTask WaitAsync(CancellationToken stopping);

    /// <summary>
    /// A client was taken, and counts from now on. Ends when it may be served, or throws when <paramref name="stopping"/> fires.
    /// </summary>
    ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping);

    /// <summary>A client that had entered is gone, whether or not its turn had come.</summary>
    void Leave();

    /// <summary>One that is open and came before this gate was there counts from now on, and leaves like the others.</summary>
    void EnterExisting();

    /// <summary>Ends the gate: every waiter passes.</summary>
    void ReleaseWaiters();
}
