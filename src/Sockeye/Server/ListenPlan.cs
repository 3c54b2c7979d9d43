using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>What happens to each new client of a listener. A reload puts another one in its place.</summary>
/// <param name="Options">As the user gave them.</param>
/// <param name="Pipeline">The middleware, and in it the handler.</param>
/// <param name="Gates">What decides when the next client is taken; the server's own come first.</param>
/// <param name="Counts">Limits that count open connections in the pipeline.</param>
/// <param name="Timeouts">What its connections are watched for; null for nothing.</param>
internal sealed record ListenPlan(
    ListenOptions Options,
    ConnectionDelegate Pipeline,
    IReadOnlyList<IAcceptGate> Gates,
    IReadOnlyList<IConnectionCount> Counts,
    ConnectionWatchPlan? Timeouts)
{
    public static ListenPlan Of(ListenOptions listen, AcceptPlaces? places)
    {
        var pipeline = listen.Build();
        return new(
            listen, pipeline, places is null ? listen.Gates : [places, .. listen.Gates], listen.Counts, listen.PlanTimeouts());
    }

    /// <summary>For an endpoint that is no more: its connections count for the whole server until they end.</summary>
    public ListenPlan Farewell(AcceptPlaces? places) => this with { Gates = places is null ? [] : [places], Counts = [] };
}
