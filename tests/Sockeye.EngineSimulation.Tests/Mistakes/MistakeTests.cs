using Sockeye.EngineSimulation.Tests.Engine;
using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Linux;
using Sockeye.Simulation.Tests.Defects;

namespace Sockeye.EngineSimulation.Tests.Mistakes;

/// <summary>Mistakes that are planted in an engine's path, each of which is found within <see cref="Defect.Seeds"/> seeds.
/// Without them, the same system passes: <see cref="EchoSystemTests"/>.</summary>
public sealed class MistakeTests
{
    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void Engine_that_sleeps_although_work_was_posted_is_found(LinuxEngine engine) => IsFound("Nothing is left to do", new()
    {
        Engine = engine,
        CreateThreads = static (kernel, interleaving, clock) => new DeepSleepers(kernel, interleaving, clock),
    });

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void Engine_that_forgets_an_event_is_found(LinuxEngine engine) =>
        IsFound("Nothing is left to do", engine, Mistake.ForgottenEvent);

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void Descriptor_that_is_closed_twice_is_found(LinuxEngine engine) =>
        IsFound("descriptor", engine, Mistake.DescriptorClosedTwice);

    [Theory]
    [InlineData(LinuxEngine.Epoll)]
    [InlineData(LinuxEngine.IoUring)]
    public void FIN_before_the_last_byte_is_found(LinuxEngine engine) =>
        IsFound("the echo ended in order after", engine, Mistake.FinBeforeLastByte);

    [Fact]
    public void Completion_after_the_close_is_found() =>
        IsFound("operations of io_uring use it", LinuxEngine.IoUring, Mistake.CompletionAfterClose);

    [Fact]
    public void Buffer_that_is_released_twice_is_found() =>
        IsFound("A segment is rented once", LinuxEngine.IoUring, Mistake.BufferReleasedTwice);

    private static void IsFound(string asWhat, LinuxEngine engine, Mistake mistake) =>
        IsFound(asWhat, new() { Engine = engine, Faults = KernelFaults.Many with { Mistake = mistake } });

    private static void IsFound(string asWhat, EngineParts parts) =>
        Defect.IsFound(network => EchoSystem.RunAsync(network, parts), asWhat);

    /// <summary>Engine threads that wait for the kernel although work was posted after they had last looked.</summary>
    private sealed class DeepSleepers(SimulatedKernel kernel, Interleaving interleaving, TimeProvider clock)
        : SimulatedThreads(kernel, interleaving, clock)
    {
        protected override int ChooseTimeout(int timeout) => timeout == 0 ? -1 : timeout;
    }
}
