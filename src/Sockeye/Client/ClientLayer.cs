using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The order in which a client does what a connection needs before it is used.</summary>
internal enum ClientStage
{
    /// <summary>Sends the PROXY header, in clear text.</summary>
    ProxyProtocol,

    /// <summary>What the user says in clear text.</summary>
    Clear,

    /// <summary>Agrees on a secret with the server.</summary>
    Tls,

    /// <summary>What the user says over TLS.</summary>
    Encrypted,

    /// <summary>Moves bytes no faster than it may.</summary>
    Bandwidth,

    /// <summary>Records what the user reads and writes.</summary>
    Capture,
}

/// <summary>What a client does with every connection once it stands and before its user gets it.</summary>
/// <param name="Name">The method that added it, for errors.</param>
/// <param name="Stage">Its place: <see cref="SockeyeClientOptions.Use(ClientLayer)"/> keeps the order.</param>
/// <param name="ApplyAsync">Given the connection and what was dialled, as the user named it; answers the connection to go on
/// with, which owns the one it was given. When it throws, its caller closes the connection.</param>
internal sealed record ClientLayer(
    string Name,
    ClientStage Stage,
    Func<ConnectionContext, EndPoint, CancellationToken, ValueTask<ConnectionContext>> ApplyAsync);
