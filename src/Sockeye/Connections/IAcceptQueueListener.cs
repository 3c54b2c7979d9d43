namespace Sockeye.Transports;

/// <summary>A listener whose accept queue a server can inspect and, when descriptors have run out, shed.</summary>
/// <remarks>
/// Implemented by the listener that <c>BindAsync</c> of a transport returns. Safe for use from any thread, also after the
/// listener was unbound, when no client waits. No member throws.
/// </remarks>
public interface IAcceptQueueListener
{
    /// <summary>
    /// Returns the kernel's view of the listening socket. Makes one system call. Null if the kernel does not report it.
    /// </summary>
    TcpInfo? GetTcpInfo();

    /// <summary>Returns the number of waiting clients and its limit. Null if they are unknown. Default: as
    /// <see cref="GetTcpInfo"/> reports them.</summary>
    AcceptQueueInfo? GetQueue() => AcceptQueueInfo.FromTcpInfo(GetTcpInfo());

    /// <summary>Resets waiting clients, so that they fail at once instead of waiting. Needs no free descriptor.</summary>
    /// <param name="maxCount">The maximum number of clients to reset, over all sockets of the listener.</param>
    /// <returns>The number of clients that were reset.</returns>
    int Shed(int maxCount);
}

/// <summary>The length of an accept queue.</summary>
/// <param name="Depth">The number of completed handshakes that wait for <c>accept()</c>.</param>
/// <param name="Limit">The maximum number. Linux accepts one more.</param>
public readonly record struct AcceptQueueInfo(int Depth, int Limit)
{
    /// <summary>Gets the fill ratio of the queue, from 0 to 1. At 1 the queue is full.</summary>
    public double FillRatio => Limit == 0 ? Math.Min(Depth, 1) : Math.Min((double)Depth / Limit, 1);

    /// <summary>Returns the accept queue of a listening socket. Null if <paramref name="info"/> does not report it.</summary>
    public static AcceptQueueInfo? FromTcpInfo(TcpInfo? info) =>
        info is { AcceptQueueDepth: { } depth, AcceptQueueLimit: { } limit } ? new(depth, limit) : null;
}
