using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Where in the pipeline a middleware has its place; <see cref="MiddlewareOrder"/> says why.</summary>
internal enum MiddlewareStage
{
    /// <summary>Wherever the user puts it.</summary>
    Any,

    /// <summary>Learns the client's own address, and comes first of all those named here.</summary>
    ProxyProtocol,

    /// <summary>Refuses clients, without looking at their address.</summary>
    Limit,

    /// <summary>Refuses clients by their address.</summary>
    AddressLimit,

    /// <summary>Agrees on a secret with the client.</summary>
    Tls,
}

/// <summary>One wrapper round a handler.</summary>
/// <param name="Name">As the start of the server logs it: <c>UseConnectionLimit(100)</c>.</param>
/// <param name="Stage">Where it has its place.</param>
/// <param name="Wrap">Given what comes after it.</param>
internal sealed record Middleware(
    string Name, MiddlewareStage Stage, Func<ConnectionDelegate, ConnectionDelegate> Wrap)
{
    /// <summary>The method that added it, as errors name it: <c>UseConnectionLimit</c>.</summary>
    public string Method => Name.Split('(')[0];
}
