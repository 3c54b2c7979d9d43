namespace Sockeye.Transports;

/// <summary>Reports what a connection transfers, for its timeouts and for monitoring. Safe for use from any thread.</summary>
/// <remarks>
/// A feature of the connection. On a connection without it all timeouts except <see cref="ConnectionTimeouts.Lifetime"/> are off,
/// and its bytes are not counted (event 1350). <see cref="DuplexConnection"/> implements it.
/// </remarks>
public interface IConnectionProgressFeature
{
    /// <summary>Gets the bytes received from the peer so far, whether the handler has read them or not.</summary>
    long BytesReceived { get; }

    /// <summary>Gets the bytes given to the system for the peer so far.</summary>
    long BytesSent { get; }

    /// <summary>Gets the progress as this process knows it. Makes no system call.</summary>
    ConnectionProgress Progress { get; }

    /// <summary>
    /// Returns the progress as the system knows it. Makes one system call. Null if the system does not report it.
    /// </summary>
    SystemProgress? GetSystemProgress();

    /// <summary>Gets whether receiving has been paused for longer than a moment, because received bytes are not read.</summary>
    bool IsReadPaused { get; }

    /// <summary>Gets the time for which receiving has been paused; zero if it is not paused, or if the time is unknown.</summary>
    TimeSpan ReadPausedFor => TimeSpan.Zero;

    /// <summary>Gets whether the system has accepted none of the flushed bytes for longer than a moment.</summary>
    bool IsSendBlocked { get; }

    /// <summary>Gets the time for which sending has been blocked; zero if it is not blocked, or if the time is unknown.</summary>
    TimeSpan SendBlockedFor => TimeSpan.Zero;

    /// <summary>Gets whether both directions have ended.</summary>
    bool HasEnded { get; }
}

/// <summary>The progress of a connection, as its process knows it.</summary>
/// <param name="BytesReceived">Bytes received from the peer so far, whether the handler has read them or not.</param>
/// <param name="BytesSent">Bytes given to the system for the peer so far.</param>
/// <param name="IdleTime">Time since one of the two grew.</param>
/// <param name="HasUnsent">Whether flushed bytes wait for the system.</param>
/// <param name="SendWaitTime">The total time for which flushed bytes waited.</param>
/// <param name="ReceivePauseTime">The total time for which receiving was paused, because received bytes were not read.</param>
public readonly record struct ConnectionProgress(
    long BytesReceived,
    long BytesSent,
    TimeSpan IdleTime,
    bool HasUnsent,
    TimeSpan SendWaitTime,
    TimeSpan ReceivePauseTime);

/// <summary>The progress of a connection's sending direction, as the system knows it.</summary>
/// <param name="Acknowledged">Grows while the peer acknowledges bytes; not comparable with other counts.</param>
/// <param name="HasPending">Whether the system holds bytes that the peer has not acknowledged.</param>
public readonly record struct SystemProgress(long Acknowledged, bool HasPending);
