namespace Sockeye;

/// <summary>How a transport tells what moves on a connection, for its timeouts. From any thread.</summary>
internal interface IConnectionProgressFeature
{
    /// <summary>What this process knows: asks nobody.</summary>
    ConnectionProgress Progress { get; }

    /// <summary>What the system knows: one call of it. Null where it does not tell.</summary>
    SystemProgress? GetSystemProgress();

    /// <summary>Whether nothing is taken from the peer, since its bytes are not read, and that not just for a
    /// moment.</summary>
    bool IsReadPaused { get; }

    /// <summary>For how long that has been so; zero where it is not so, or where that is not known.</summary>
    TimeSpan ReadPausedFor => TimeSpan.Zero;

    /// <summary>Whether something is flushed of which the system takes nothing, and that not just for a moment.</summary>
    bool IsSendBlocked { get; }

    /// <summary>For how long that has been so; zero where it is not so, or where that is not known.</summary>
    TimeSpan SendBlockedFor => TimeSpan.Zero;

    /// <summary>Whether both directions have ended.</summary>
    bool HasEnded { get; }
}

/// <param name="BytesReceived">Bytes taken from the peer so far, read by the handler or not.</param>
/// <param name="BytesSent">Bytes given to the system for the peer so far.</param>
/// <param name="IdleTime">Time since one of them grew.</param>
/// <param name="HasUnsent">Whether something was flushed that the system does not take yet.</param>
/// <param name="SendWaitTime">For how long in all that was so.</param>
/// <param name="ReceivePauseTime">For how long in all nothing was taken from the peer, since its bytes were not read.</param>
internal readonly record struct ConnectionProgress(
    long BytesReceived, long BytesSent, TimeSpan IdleTime, bool HasUnsent, TimeSpan SendWaitTime, TimeSpan ReceivePauseTime);

/// <param name="Acknowledged">Grows as long as the peer's system takes something; not to be compared with other counts.</param>
/// <param name="HasPending">Whether the system holds something that the peer's has not taken.</param>
internal readonly record struct SystemProgress(long Acknowledged, bool HasPending);
