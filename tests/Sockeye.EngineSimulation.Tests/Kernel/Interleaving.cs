using Sockeye.Linux;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>Lets other threads of a run continue while an engine is in the kernel, in which Linux may preempt it, too.</summary>
internal sealed class Interleaving(SimulationLoop loop, KernelFaults faults)
{
    private readonly Chance _chance = new(loop.Random);
    private bool _isInterrupting;

    /// <summary>The number of times that threads were interrupted.</summary>
    public int Count => _chance.Counts.GetValueOrDefault(nameof(KernelFaults.Preemption));

    public void Run()
    {
        // The stack of the run is the stack of all threads: one may interrupt another, but not an interrupting one.
        if (_isInterrupting || !_chance.Is(faults.Preemption))
            return;
        _isInterrupting = true;
        var (engine, handlers) = (EngineThread.SwitchTo(null), HandlerQueue.SwitchTo(null));
        try
        {
            for (var more = _chance.Between(1, 4); more > 0 && loop.TryRunAnother(); more--)
            {
            }
        }
        finally
        {
            EngineThread.SwitchTo(engine);
            HandlerQueue.SwitchTo(handlers);
            _isInterrupting = false;
        }
    }
}
