namespace Sockeye.Nats;

/// <summary>Delays between connection attempts: short until each server had one, then random ones that grow.</summary>
internal sealed class ReconnectDelays(TimeSpan max, int servers, Random random)
{
    public static readonly TimeSpan Min = TimeSpan.FromMilliseconds(10);

    private int _failures;

    /// <summary>Returns the delay before the next attempt.</summary>
    /// <remarks>The delay is random from the first one: all nodes of a server that died connect to the next one.</remarks>
    public TimeSpan Next()
    {
        // Beyond 2^20 times the minimum, every maximum is reached.
        var rounds = Math.Min(_failures++ / servers, 20);
        var ceiling = Math.Min(Min.Ticks << rounds, max.Ticks);
        return TimeSpan.FromTicks(random.NextInt64(ceiling / 2, ceiling + 1));
    }

    /// <summary>Starts from the minimum again, after a success.</summary>
    public void Reset() => _failures = 0;
}
