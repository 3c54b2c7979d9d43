using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Linux;

namespace Sockeye.EngineSimulation.Tests.Engine;

/// <summary>The parts of a simulated engine. A test that plants a mistake replaces a part.</summary>
internal sealed record EngineParts
{
    public LinuxEngine Engine { get; init; } = LinuxEngine.Epoll;

    /// <summary>Whether handlers run on the engine's thread.</summary>
    public bool RunsInline { get; init; }

    /// <summary>So few entries and buffers that they are often used up.</summary>
    public RingSettings Rings { get; init; } = new()
    {
        Submissions = 8, Completions = 16, SmallBuffers = 8, MaxSmallBuffers = 16, LargeBuffers = 2, HasReceiveLimit = true,
    };

    public KernelFaults Faults { get; init; } = KernelFaults.Many;

    public Func<SimulatedKernel, Interleaving, TimeProvider, SimulatedThreads> CreateThreads { get; init; } =
        static (kernel, interleaving, clock) => new(kernel, interleaving, clock);
}
