using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>How a handler learns that the server wants to stop: <c>connection.StopRequested</c>.</summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "A source without a timer holds nothing to dispose; handlers may keep its token.")]
internal sealed class StopNotification : IConnectionLifetimeNotificationFeature
{
    private readonly PipeScheduler _scheduler;
    private readonly CancellationTokenSource _requested = new();

    public StopNotification(PipeScheduler scheduler)
    {
        _scheduler = scheduler;
        ConnectionClosedRequested = _requested.Token;
    }

    public CancellationToken ConnectionClosedRequested { get; set; }

    /// <summary>Callbacks run on the scheduler: one that blocks does not hold up the stop of the others.</summary>
    public void RequestClose() =>
        _scheduler.Schedule(static requested => ((CancellationTokenSource)requested!).Cancel(), _requested);
}
