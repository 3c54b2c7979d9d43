namespace Sockeye.Transports;

/// <summary>A transport with its own threads, on which connections wait if one of them hangs.</summary>
/// <remarks>The watchdog of systemd checks it (<c>SystemdReporter</c>). Without it, the thread pool alone is checked.</remarks>
public interface ILivenessTransport
{
    /// <summary>Returns a task that completes when each thread of the transport has run once since the call, and not before.
    /// Safe to call from any thread.</summary>
    Task CheckThreadsAsync();
}
