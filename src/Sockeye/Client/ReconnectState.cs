namespace Sockeye;

/// <summary>The status of a client that reconnects.</summary>
public enum ReconnectStatus
{
    /// <summary>It has not connected yet: it connects for the first time, or its loop has not started.</summary>
    Connecting,

    /// <summary>It is connected.</summary>
    Connected,

    /// <summary>It has lost its connection, or an attempt has failed: it waits, or makes the next attempt.</summary>
    Waiting,

    /// <summary>It has reached <see cref="ReconnectOptions.MaxAttempts"/>, and connects no more.</summary>
    GaveUp,

    /// <summary>The client was disposed, or its loop was left.</summary>
    Ended,
}

/// <summary>The state of a client that reconnects, at one moment: of a <see cref="ReconnectSequence{TConnection}"/> or a
/// <see cref="RequestClient{TRequest, TResponse}"/>.</summary>
/// <param name="Status">The status.</param>
/// <param name="FailedAttempts">The number of attempts that failed since the last connection that was usable.</param>
/// <param name="Delay">The time from the failure or the loss to the next attempt, while the client waits; otherwise zero.</param>
/// <param name="Error">The last error: of an attempt, of the preparation of a connection, or the cause of a loss. Null if there
/// was none, also if the peer ended the connection in order.</param>
public sealed record ReconnectState(ReconnectStatus Status, int FailedAttempts, TimeSpan Delay, Exception? Error)
{
    /// <summary>The state of a client that has not connected yet.</summary>
    internal static ReconnectState Initial { get; } = new(ReconnectStatus.Connecting, 0, TimeSpan.Zero, null);

    /// <summary>Returns a sentence about the state, for logs.</summary>
    public override string ToString() => Status switch
    {
        ReconnectStatus.Waiting =>
            $"waiting for {OptionChecks.Describe(Delay)} after {FailedAttempts} failed attempts: {Error?.Message}",
        ReconnectStatus.GaveUp => $"gave up after {FailedAttempts} failed attempts: {Error?.Message}",
        var status => status.ToString().ToLowerInvariant(),
    };
}
