namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>An open file of a simulated kernel: what a descriptor stands for.</summary>
internal abstract class SimulatedFile
{
    /// <summary>Called when the file may have become ready for something, as the wait queue of a file in Linux.</summary>
    public event Action? Woken;

    /// <summary>The number of operations of io_uring that use the file.</summary>
    public int Operations { get; set; }

    /// <summary>The number of descriptors of the file.</summary>
    public int Descriptors { get; set; }

    /// <summary>Returns the events for which the file is ready now, as poll(2).</summary>
    public abstract PollMask Poll();

    /// <summary>Called when the last descriptor is closed.</summary>
    public abstract void Close();

    protected void Wake() => Woken?.Invoke();
}

/// <summary>The events of poll(2) and epoll(7).</summary>
[Flags]
internal enum PollMask : uint
{
    None = 0,
    In = 0x1,
    Urgent = 0x2,
    Out = 0x4,
    Error = 0x8,
    HangUp = 0x10,
    PeerEnded = 0x2000,

    /// <summary>Reported whether it was asked for or not.</summary>
    Always = Error | HangUp,
}
