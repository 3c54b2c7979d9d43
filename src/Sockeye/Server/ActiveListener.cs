using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>One listener of a running server, and what happens to each of its clients.</summary>
internal sealed class ActiveListener
{
    private readonly CancellationTokenSource _stopping;
    private ListenerConfiguration _configuration;
    private TaskCompletionSource? _emptied;
    private long _accepted;
    private long _open;
    private int _waitingHandlers;
    private long _closedReceived;
    private long _closedSent;

    /// <param name="listener">Localhost has two of them with the same options.</param>
    /// <param name="configuration">For its next clients, until a reload.</param>
    /// <param name="stopping">Ends its accept loop, as its own end does.</param>
    public ActiveListener(IConnectionListener listener, ListenerConfiguration configuration, CancellationToken stopping)
    {
        (Listener, _configuration, Tags) = (listener, configuration, MetricTags.Of(listener.EndPoint));
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Stopping = _stopping.Token;
        Gates = new(configuration.Gates, Stopping);
    }

    public IConnectionListener Listener { get; }

    /// <summary>What its next client gets.</summary>
    public ListenerConfiguration Configuration => Volatile.Read(ref _configuration);

    /// <summary>When the next client is taken.</summary>
    public AcceptGates Gates { get; }

    /// <summary>Held while a connection changes the limits that count it.</summary>
    public Lock TransferLock { get; } = new();

    /// <summary>Fires when it is not to accept any more.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Its accept loop.</summary>
    public Task Accepting { get; set; } = Task.CompletedTask;

    /// <summary>What metrics ask; null until it accepts.</summary>
    public ListenerGauge? Gauge { get; set; }

    /// <summary>Whether its accept loop has ended, by itself or by <see cref="StopAcceptingAsync"/>.</summary>
    public bool HasEnded => Accepting.IsCompleted;

    public long AcceptedCount => Volatile.Read(ref _accepted);

    public long OpenCount => Volatile.Read(ref _open);

    /// <summary>Its connections whose handler has not begun.</summary>
    public int WaitingHandlers => Volatile.Read(ref _waitingHandlers);

    /// <summary>Whether it takes clients, and if not, why. Null until it begins to.</summary>
    public AcceptStatus? Status { get; set; }

    /// <summary>Its address, as metrics have it.</summary>
    public KeyValuePair<string, object?>[] Tags { get; }

    /// <summary>Bytes that crossed connections which are closed.</summary>
    public (long Received, long Sent) ClosedTraffic => (Volatile.Read(ref _closedReceived), Volatile.Read(ref _closedSent));

    public void OnAccepted()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _open);
        ServerMetrics.OnAccepted(this);
    }

    /// <summary>It waits for a thread, and perhaps for a limit.</summary>
    public void OnHandlerWaiting() => Interlocked.Increment(ref _waitingHandlers);

    /// <summary>Its handler begins, or never will.</summary>
    public void OnHandlerStarted() => Interlocked.Decrement(ref _waitingHandlers);

    /// <summary>It is out of the table, if it was there.</summary>
    public void OnClosed(ConnectionContext connection)
    {
        Interlocked.Add(ref _closedReceived, connection.BytesReceived ?? 0);
        Interlocked.Add(ref _closedSent, connection.BytesSent ?? 0);
        // The decrement is a full fence, as the exchange in WhenEmpty is: either this sees who waits, or that sees the count.
        if (Interlocked.Decrement(ref _open) == 0)
            Volatile.Read(ref _emptied)?.TrySetResult();
    }

    /// <summary>The next client gets this.</summary>
    public void Reconfigure(ListenerConfiguration configuration)
    {
        // A full fence: an enumeration of connections from here on misses none with the previous configuration.
        Interlocked.Exchange(ref _configuration, configuration);
        Gates.Replace(configuration.Gates);
    }

    /// <summary>Unbinds it; ends when nobody is accepted any more. It throws nothing.</summary>
    /// <param name="logger">Where it is said that the listener threw, or an observer of it.</param>
    public async Task StopAcceptingAsync(ILogger logger)
    {
        logger.Guard("ending the accepts of", Listener.EndPoint, _stopping.Cancel);
        await logger.GuardAsync("unbinding", Listener.EndPoint, () => Listener.UnbindAsync(CancellationToken.None));
        await logger.GuardAsync("accepting on", Listener.EndPoint, () => new(Accepting));
    }

    /// <summary>After <see cref="StopAcceptingAsync"/>, when its connections are gone or given up. It throws nothing.</summary>
    /// <inheritdoc cref="StopAcceptingAsync"/>
    public async Task DisposeAsync(ILogger logger)
    {
        await logger.GuardAsync("closing the listener of", Listener.EndPoint, Listener.DisposeAsync);
        _stopping.Dispose();
    }

    /// <summary>Ends when none of its connections is open. Once nobody is accepted any more.</summary>
    public Task WhenEmpty()
    {
        var emptied = new TaskCompletionSource();
        Interlocked.Exchange(ref _emptied, emptied);
        if (OpenCount == 0)
            emptied.TrySetResult();
        return emptied.Task;
    }
}
