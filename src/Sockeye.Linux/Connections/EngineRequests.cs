namespace Sockeye.Linux;

/// <summary>What other threads ask of a connection's engine thread.</summary>
[Flags]
internal enum EngineRequests
{
    None = 0,

    /// <summary>The connection is new: start it.</summary>
    Start = 1,

    /// <summary>There is room for more to be received.</summary>
    Receive = 2,

    /// <summary>There is something to send, or the output is completed.</summary>
    Send = 4,

    /// <summary>End both directions.</summary>
    Close = 8,
}
