namespace Sockeye;

/// <summary>A listener whose kernel queue can be looked at and, when descriptors have run out, emptied.</summary>
internal interface IAcceptQueue
{
    /// <summary>What the kernel says of the listening socket: queue depth and limit; null where it does not tell.</summary>
    TcpInfo? Info { get; }

    /// <summary>How many clients wait, and how many may; null where nobody tells.</summary>
    AcceptQueue? Queue => AcceptQueue.FromTcpInfo(Info);

    /// <summary>
    /// Takes up to <paramref name="most"/> waiting clients off the queue and resets them, so that they learn at once that they
    /// will not be served. Needs no free descriptor. Returns how many.
    /// </summary>
    int Shed(int most);
}

/// <param name="Depth">Finished handshakes that wait for <c>accept()</c>.</param>
/// <param name="Limit">How many may wait. Linux takes one more.</param>
internal readonly record struct AcceptQueue(int Depth, int Limit)
{
    /// <summary>From 0 to 1, where the next client finds no place.</summary>
    public double FillRatio => Limit == 0 ? Math.Min(Depth, 1) : Math.Min((double)Depth / Limit, 1);

    public static AcceptQueue? FromTcpInfo(TcpInfo? info) =>
        info is { AcceptQueueDepth: { } depth, AcceptQueueLimit: { } limit } ? new(depth, limit) : null;
}
