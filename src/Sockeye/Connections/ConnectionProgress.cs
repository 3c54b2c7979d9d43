namespace Sockeye;

/// <summary>Reports what a connection transfers, for its timeouts and for monitoring. Safe from any thread.</summary>
internal interface IConnectionProgressFeature
{
    /// <summary>Bytes received from the peer so far, whether the handler has read them or not.</summary>
    long BytesReceived { get; }

    /// <summary>Bytes given to the system for the peer so far.</summary>
    long BytesSent { get; }

    /// <summary>What this process knows: makes no system call.</summary>
    ConnectionProgress Progress { get; }

    /// <summary>Makes one system call for what the system knows. Null where it does not report it.</summary>
    SystemProgress? GetSystemProgress();

    /// <summary>Whether receiving has been paused for longer than a moment, because received bytes are not read.</summary>
    bool IsReadPaused { get; }

    /// <summary>How long receiving has been paused; zero where it is not, or where that is unknown.</summary>
    TimeSpan ReadPausedFor => TimeSpan.Zero;

    /// <summary>Whether the system has accepted none of the flushed bytes for longer than a moment.</summary>
    bool IsSendBlocked { get; }

    /// <summary>How long sending has been blocked; zero where it is not, or where that is unknown.</summary>
    TimeSpan SendBlockedFor => TimeSpan.Zero;

    /// <summary>Whether both directions have ended.</summary>
    bool HasEnded { get; }
}

/// <param name="BytesReceived">Bytes received from the peer so far, whether the handler has read them or not.</param>
/// <param name="BytesSent">Bytes given to the system for the peer so far.</param>
/// <param name="IdleTime">Time since one of the two grew.</param>
/// <param name="HasUnsent">Whether flushed bytes wait for the system.</param>
/// <param name="SendWaitTime">The total time for which flushed bytes waited.</param>
/// <param name="ReceivePauseTime">The total time for which receiving was paused, because received bytes were not read.</param>
internal readonly record struct ConnectionProgress(
    long BytesReceived,
    long BytesSent,
    TimeSpan IdleTime,
    bool HasUnsent,
    TimeSpan SendWaitTime,
    TimeSpan ReceivePauseTime);

/// <param name="Acknowledged">Grows while the peer acknowledges bytes; not comparable with other counts.</param>
/// <param name="HasPending">Whether the system holds bytes that the peer has not acknowledged.</param>
internal readonly record struct SystemProgress(long Acknowledged, bool HasPending);
