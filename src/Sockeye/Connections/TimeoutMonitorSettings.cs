namespace Sockeye;

/// <summary>The settings that the timeout monitors of many connections share.</summary>
internal sealed class TimeoutMonitorSettings(ConnectionTimeouts timeouts, CoarseTimer timer)
{
    public ConnectionTimeouts Timeouts => timeouts;

    public CoarseTimer Timer => timer;

    /// <summary>Whether a monitor needs the state of the timeouts that are off by default.</summary>
    public bool HasOptionalTimeouts { get; } =
        ConnectionTimeouts.IsEnabled(timeouts.Lifetime) || ConnectionTimeouts.IsEnabled(timeouts.FirstByte)
        || ConnectionTimeouts.IsEnabled(timeouts.ReceiveIdle) || ConnectionTimeouts.IsEnabled(timeouts.SendIdle)
        || timeouts.MinReceiveRate is not null || timeouts.MinSendRate is not null;
}
