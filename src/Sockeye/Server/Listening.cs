using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>One listener of a running server, and what happens to each of its clients.</summary>
/// <param name="listener">Localhost has two of them with the same options.</param>
/// <param name="options">As the user gave them.</param>
/// <param name="pipeline">The middleware, and in it the handler.</param>
/// <param name="gates">What decides when the next client is taken; the server's own come first.</param>
/// <param name="timeouts">What its connections are watched for; null for nothing.</param>
internal sealed class Listening(
    IConnectionListener listener,
    ListenOptions options,
    ConnectionDelegate pipeline,
    IReadOnlyList<IAcceptGate> gates,
    ConnectionWatchPlan? timeouts)
{
    private long _accepted;
    private long _open;
    private int _waiting;
    private long _closedReceived;
    private long _closedSent;

    public IConnectionListener Listener => listener;

    public ListenOptions Options => options;

    public ConnectionDelegate Pipeline => pipeline;

    public IReadOnlyList<IAcceptGate> Gates => gates;

    public ConnectionWatchPlan? Timeouts => timeouts;

    public long Accepted => Volatile.Read(ref _accepted);

    public long Open => Volatile.Read(ref _open);

    /// <summary>Its connections whose handler has not begun.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Whether it takes clients, and if not, why. Null until it begins to.</summary>
    public AcceptStanding? Standing { get; set; }

    /// <summary>Its address, as metrics have it.</summary>
    public KeyValuePair<string, object?>[] Tags { get; } = MetricTags.Of(listener.EndPoint);

    /// <summary>Bytes that crossed connections which are closed.</summary>
    public (long Received, long Sent) ClosedTraffic => (Volatile.Read(ref _closedReceived), Volatile.Read(ref _closedSent));

    public void OnAccepted()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _open);
        ServerMetrics.OnAccepted(this);
    }

    /// <summary>It waits for a thread, and perhaps for a limit.</summary>
    public void OnWaiting() => Interlocked.Increment(ref _waiting);

    /// <summary>Its handler begins, or never will.</summary>
    public void OnWaited() => Interlocked.Decrement(ref _waiting);

    /// <summary>It is out of the table, if it was there.</summary>
    public void OnClosed(ConnectionContext connection)
    {
        Interlocked.Add(ref _closedReceived, connection.BytesReceived ?? 0);
        Interlocked.Add(ref _closedSent, connection.BytesSent ?? 0);
        Interlocked.Decrement(ref _open);
    }
}
