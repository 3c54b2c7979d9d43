namespace Sockeye.Linux;

/// <summary>Requests of other threads to the engine thread of a connection.</summary>
[Flags]
internal enum EngineRequests
{
    None = 0,

    /// <summary>Start the connection.</summary>
    Start = 1,

    /// <summary>Receive, because there is room.</summary>
    Receive = 2,

    /// <summary>Send flushed bytes, or FIN after a completed output.</summary>
    Send = 4,

    /// <summary>End both directions.</summary>
    Close = 8,

    /// <summary>End the operations in flight, without loss of bytes.</summary>
    Freeze = 16,
}

internal static class EngineRequestsExtensions
{
    /// <summary>Returns whether one flag is set. Unlike <c>HasFlag</c>, it allocates nothing even if not optimized.</summary>
    public static bool Has(this EngineRequests requests, EngineRequests flag) => (requests & flag) != 0;
}
