namespace Sockeye;

/// <summary>A listener whose accept queue can be inspected and, when descriptors have run out, shed.</summary>
internal interface IAcceptQueue
{
    /// <summary>Makes one system call for the queue depth and limit of the listening socket; null where the kernel does not
    /// report them.</summary>
    TcpInfo? GetTcpInfo();

    /// <summary>The number of waiting clients and its limit; null where they are unknown.</summary>
    AcceptQueue? GetQueue() => AcceptQueue.FromTcpInfo(GetTcpInfo());

    /// <summary>
    /// Takes up to <paramref name="maxCount"/> waiting clients off the queue and resets them, so that they learn at once that
    /// they will not be served. Needs no free descriptor. Returns how many.
    /// </summary>
    int Shed(int maxCount);
}

/// <param name="Depth">The number of completed handshakes that wait for <c>accept()</c>.</param>
/// <param name="Limit">How many may wait. Linux accepts one more.</param>
internal readonly record struct AcceptQueue(int Depth, int Limit)
{
    /// <summary>From 0 to 1; at 1 the next client is not accepted into the queue.</summary>
    public double FillRatio => Limit == 0 ? Math.Min(Depth, 1) : Math.Min((double)Depth / Limit, 1);

    public static AcceptQueue? FromTcpInfo(TcpInfo? info) =>
        info is { AcceptQueueDepth: { } depth, AcceptQueueLimit: { } limit } ? new(depth, limit) : null;
}
