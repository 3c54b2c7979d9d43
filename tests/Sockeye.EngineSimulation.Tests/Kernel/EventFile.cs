namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>An eventfd(2).</summary>
internal sealed class EventFile : SimulatedFile
{
    private long _count;

    public bool IsSet => _count > 0;

    public override PollMask Poll() => IsSet ? PollMask.In | PollMask.Out : PollMask.Out;

    public void Add()
    {
        _count++;
        Wake();
    }

    public void Take() => _count = 0;

    public override void Close()
    {
    }
}
