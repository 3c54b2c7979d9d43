using System.IO.Pipelines;

namespace Sockeye.Transports;

/// <summary>A transport that runs handlers on its own threads instead of the thread pool.</summary>
public interface ISchedulingTransport
{
    /// <summary>Gets the scheduler that runs handlers, and work of a server that no caller awaits. Work that it is given starts
    /// on another stack than the caller's, unless the transport runs everything inline.</summary>
    PipeScheduler Scheduler { get; }
}

/// <summary>A transport with a clock and randomness of its own, such as a simulated network, so that a run is
/// reproducible.</summary>
public interface ISelfContainedTransport : ISchedulingTransport
{
    /// <summary>Gets the clock that servers and clients on the transport use unless their options name another.</summary>
    TimeProvider TimeProvider { get; }

    /// <summary>Gets the source of randomness that servers and clients on the transport use.</summary>
    Random Random { get; }
}
