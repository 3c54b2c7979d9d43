namespace Sockeye;

/// <summary>A listener whose kernel queue can be looked at and, when descriptors have run out, emptied.</summary>
internal interface IAcceptQueue
{
    /// <summary>What the kernel says of the listening socket: queue depth and limit; null where it does not tell.</summary>
    TcpInfo? Info { get; }

    /// <summary>
    /// Takes up to <paramref name="most"/> waiting clients off the queue and resets them, so that they learn at once that they
    /// will not be served. Needs no free descriptor. Returns how many.
    /// </summary>
    int Shed(int most);
}
