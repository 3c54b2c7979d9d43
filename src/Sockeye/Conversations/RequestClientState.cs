namespace Sockeye;

/// <summary>The status of a <see cref="RequestClient{TRequest, TResponse}"/>.</summary>
public enum RequestClientStatus
{
    /// <summary>It connects for the first time.</summary>
    Connecting,

    /// <summary>It is connected, and sends requests.</summary>
    Connected,

    /// <summary>It waits before the next attempt to connect.</summary>
    Waiting,

    /// <summary>It has reached <see cref="ReconnectOptions.MaxAttempts"/>, and connects no more.</summary>
    GaveUp,

    /// <summary>It was disposed.</summary>
    Disposed,
}

/// <summary>The state of a <see cref="RequestClient{TRequest, TResponse}"/> at one moment.</summary>
/// <param name="Status">The status.</param>
/// <param name="FailedAttempts">The number of attempts that failed since the last connection that was usable.</param>
/// <param name="Delay">The time until the next attempt, while the client waits; otherwise zero.</param>
/// <param name="Error">The last error: of an attempt, of the preparation of a connection, or the cause of a loss. Null if there
/// was none.</param>
public sealed record RequestClientState(RequestClientStatus Status, int FailedAttempts, TimeSpan Delay, Exception? Error)
{
    /// <summary>Returns a sentence about the state, for logs.</summary>
    public override string ToString() => Status switch
    {
        RequestClientStatus.Waiting =>
            $"waiting for {OptionChecks.Describe(Delay)} after {FailedAttempts} failed attempts: {Error?.Message}",
        RequestClientStatus.GaveUp => $"gave up after {FailedAttempts} failed attempts: {Error?.Message}",
        var status => status.ToString().ToLowerInvariant(),
    };
}
