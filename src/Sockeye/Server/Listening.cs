using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One listener of a running server, and what happens to each of its clients.</summary>
/// <param name="Listener">Localhost has two of them with the same options.</param>
/// <param name="Options">As the user gave them.</param>
/// <param name="Pipeline">The middleware, and in it the handler.</param>
/// <param name="Gates">What decides when the next client is taken; the server's own come first.</param>
/// <param name="Timeouts">What its connections are watched for; null for nothing.</param>
internal sealed record Listening(
    IConnectionListener Listener,
    ListenOptions Options,
    ConnectionDelegate Pipeline,
    IReadOnlyList<IAcceptGate> Gates,
    ConnectionWatchPlan? Timeouts);
