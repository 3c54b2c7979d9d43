namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>
/// The probabilities by which a simulated kernel does what a real one may do, but seldom does. All of it is allowed: an engine
/// must serve its connections all the same.
/// </summary>
internal sealed record KernelFaults
{
    /// <summary>Nothing that is rare.</summary>
    public static KernelFaults None { get; } = new();

    /// <summary>Everything that is rare, often.</summary>
    public static KernelFaults Many { get; } = new()
    {
        Preemption = 0.3, Interruption = 0.02, SpuriousEvent = 0.05, FewEvents = 0.2,
        LateArrival = 0.1, UrgentMark = 0.05, PartialSend = 0.2, LateCompletion = 0.3,
    };

    /// <summary>Another thread runs while an engine is in the kernel.</summary>
    public double Preemption { get; init; }

    /// <summary>A signal ends a wait (EINTR).</summary>
    public double Interruption { get; init; }

    /// <summary>An event is reported without a reason.</summary>
    public double SpuriousEvent { get; init; }

    /// <summary>One event is reported although there are more.</summary>
    public double FewEvents { get; init; }

    /// <summary>Bytes that were reported cannot be received yet (EAGAIN), and are reported again.</summary>
    public double LateArrival { get; init; }

    /// <summary>A receive ends early, at an urgent mark.</summary>
    public double UrgentMark { get; init; }

    /// <summary>A send takes only a part of the bytes, or none (EAGAIN), although the buffer has space.</summary>
    public double PartialSend { get; init; }

    /// <summary>An operation of io_uring that could complete does not yet.</summary>
    public double LateCompletion { get; init; }

    /// <summary>A mistake that stands for one of the engine.</summary>
    public Mistake Mistake { get; init; }
}
