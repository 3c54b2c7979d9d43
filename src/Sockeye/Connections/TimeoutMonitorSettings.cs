namespace Sockeye;

/// <summary>What the watches of many connections share.</summary>
internal sealed class TimeoutMonitorSettings(ConnectionTimeouts timeouts, CoarseTimer timer)
{
    public ConnectionTimeouts Timeouts => timeouts;

    public CoarseTimer Timer => timer;

    /// <summary>Whether a watch has to keep what most do not need.</summary>
    public bool HasOptionalTimeouts { get; } =
        ConnectionTimeouts.IsEnabled(timeouts.Lifetime) || ConnectionTimeouts.IsEnabled(timeouts.FirstByte)
        || timeouts.MinReceiveRate is not null || timeouts.MinSendRate is not null;
}
