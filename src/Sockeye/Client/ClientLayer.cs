using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The stages in which a client prepares a connection, in order.</summary>
internal enum ClientStage
{
    /// <summary>Sends the PROXY header, in clear text.</summary>
    ProxyProtocol,

    /// <summary>Runs the steps of the user in clear text.</summary>
    Clear,

    /// <summary>Performs the TLS handshake.</summary>
    Tls,

    /// <summary>Runs the steps of the user over TLS.</summary>
    Encrypted,

    /// <summary>Limits the rate of the bytes that are sent and received.</summary>
    Bandwidth,

    /// <summary>Records the bytes that the user reads and writes.</summary>
    Capture,
}

/// <summary>A step that a client applies to each connection after it is established and before the user gets it.</summary>
/// <param name="Name">The name of the method that added the layer, for errors.</param>
/// <param name="Stage">The stage; <see cref="SockeyeClientOptions.Use(ClientLayer)"/> sorts layers by it.</param>
/// <param name="ApplyAsync">A function that gets the client, the connection, and the target as the user named it. It returns the
/// connection to continue with, which owns the given one. If it throws, its caller closes the given connection.</param>
internal sealed record ClientLayer(
    string Name,
    ClientStage Stage,
    Func<SockeyeClient, ConnectionContext, EndPoint, CancellationToken, ValueTask<ConnectionContext>> ApplyAsync);
