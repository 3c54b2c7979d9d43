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

    public IConnectionListener Listener => listener;

    public ListenOptions Options => options;

    public ConnectionDelegate Pipeline => pipeline;

    public IReadOnlyList<IAcceptGate> Gates => gates;

    public ConnectionWatchPlan? Timeouts => timeouts;

    public long Accepted => Volatile.Read(ref _accepted);

    public long Open => Volatile.Read(ref _open);

    public void OnAccepted()
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _open);
    }

    public void OnClosed() => Interlocked.Decrement(ref _open);
}
