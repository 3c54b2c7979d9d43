using System.IO.Pipelines;

namespace Sockeye.Transports;

/// <summary>A transport that runs handlers on its own threads instead of the thread pool.</summary>
public interface ISchedulingTransport
{
    /// <summary>
    /// Gets the scheduler that runs handlers, and work of a server that no caller awaits. It does not run work on the caller's
    /// stack, unless the transport runs everything inline.
    /// </summary>
    PipeScheduler Scheduler { get; }
}

/// <summary>
/// A transport that has its own clock and randomness, such as a simulated network, so that a run is reproducible.
/// </summary>
public interface ISelfContainedTransport : ISchedulingTransport
{
    /// <summary>Gets the clock that servers and clients on the transport use unless their options name another.</summary>
    TimeProvider TimeProvider { get; }

    /// <summary>Gets the source of randomness that servers and clients on the transport use.</summary>
    Random Random { get; }
}
