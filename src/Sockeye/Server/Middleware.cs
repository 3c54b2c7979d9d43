using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>The position of a middleware in the pipeline. <see cref="MiddlewareOrder"/> contains the reasons.</summary>
internal enum MiddlewareStage
{
    /// <summary>Anywhere: the user decides.</summary>
    Any,

    /// <summary>Reads the client's address from a PROXY header. Comes before all later stages.</summary>
    ProxyProtocol,

    /// <summary>Refuses clients regardless of their address.</summary>
    Limit,

    /// <summary>Refuses clients by their address.</summary>
    AddressLimit,

    /// <summary>Performs the TLS handshake.</summary>
    Tls,
}

/// <summary>Code around a handler.</summary>
/// <param name="Name">The name in the log of the server's start: <c>UseConnectionLimit(100)</c>.</param>
/// <param name="Stage">The position in the pipeline.</param>
/// <param name="Wrap">Returns the middleware around the next step of the pipeline. Called when the server starts or
/// reloads.</param>
internal sealed record Middleware(
    string Name, MiddlewareStage Stage, Func<ConnectionDelegate, PipelineContext, ConnectionDelegate> Wrap)
{
    /// <summary>The name of the method that added it, for errors: <c>UseConnectionLimit</c>.</summary>
    public string Method => Name.Split('(')[0];
}
