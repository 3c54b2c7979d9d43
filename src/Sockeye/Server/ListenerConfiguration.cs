using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>What happens to each new client of a listener. A reload puts another one in its place.</summary>
/// <param name="Options">As the user gave them.</param>
/// <param name="Pipeline">The middleware, and in it the handler.</param>
/// <param name="Gates">What decides when the next client is taken; the server's own come first.</param>
/// <param name="Counters">Limits that count open connections in the pipeline.</param>
/// <param name="Timeouts">What its connections are watched for; null for nothing.</param>
internal sealed record ListenerConfiguration(
    ListenOptions Options,
    ConnectionDelegate Pipeline,
    IReadOnlyList<IAcceptGate> Gates,
    IReadOnlyList<IConnectionCounter> Counters,
    TimeoutMonitorSettings? Timeouts)
{
    /// <summary>The middleware in order, with arguments.</summary>
    public IReadOnlyList<string> MiddlewareNames { get; } = [.. Options.Middleware.Select(middleware => middleware.Name)];

    public static ListenerConfiguration Create(ListenOptions listen, AcceptPermits? permits)
    {
        var pipeline = listen.Build();
        return new(
            listen, pipeline, permits is null ? listen.Gates : [permits, .. listen.Gates], listen.Counters,
            listen.CreateWatchPlan());
    }

    /// <summary>For an endpoint that is no more: its connections count for the whole server until they end.</summary>
    public ListenerConfiguration WithoutEndpointLimits(AcceptPermits? permits) =>
        this with { Gates = permits is null ? [] : [permits], Counters = [] };
}
