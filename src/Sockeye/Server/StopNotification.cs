using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>How a handler learns that the server wants to stop: <c>connection.StopRequested</c>.</summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "A source without a timer holds nothing to dispose; handlers may keep its token.")]
internal sealed class StopNotification : IConnectionLifetimeNotificationFeature
{
    private readonly CancellationTokenSource _requested = new();

    public StopNotification() => ConnectionClosedRequested = _requested.Token;

    public CancellationToken ConnectionClosedRequested { get; set; }

    /// <summary>Callbacks run on the thread pool: one that blocks does not hold up the stop of the others.</summary>
    public void RequestClose() =>
        ThreadPool.UnsafeQueueUserWorkItem(static requested => requested.Cancel(), _requested, preferLocal: false);
}
