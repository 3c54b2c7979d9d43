using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>How a handler learns that the server wants to stop: <c>connection.StopRequested</c>.</summary>
internal sealed class StopNotification(PipeScheduler scheduler) : IConnectionLifetimeNotificationFeature
{
    private LazyCancellation _requested;
    private CancellationToken? _replaced;

    public CancellationToken ConnectionClosedRequested
    {
        get => _replaced ?? _requested.Token;
        set => _replaced = value;
    }

    /// <summary>Whether the token has fired, without making one.</summary>
    public bool IsRequested => _replaced?.IsCancellationRequested ?? _requested.HasFired;

    /// <summary>Callbacks run on the scheduler: one that blocks does not hold up the stop of the others.</summary>
    public void RequestClose()
    {
        if (_requested.Fire() is { } watched)
            scheduler.Schedule(static watched => ((CancellationTokenSource)watched!).Cancel(), watched);
    }
}
