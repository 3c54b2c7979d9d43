namespace Sockeye;

/// <summary>Decides when an end point takes its next client. Until then clients wait in the system's accept queue.</summary>
/// <remarks>
/// An end point may have several listeners (localhost has two), each waiting here on its own before every accept: between a wait
/// and the client that comes after it, the other one may take a client too.
/// </remarks>
internal interface IAcceptGate
{
    /// <summary>Ends when the next client may be taken, or throws when <paramref name="stopping"/> fires.</summary>
    ValueTask WaitAsync(CancellationToken stopping);
}
