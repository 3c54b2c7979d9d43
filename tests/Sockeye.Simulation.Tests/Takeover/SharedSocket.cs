using System.Runtime.InteropServices;

namespace Sockeye.Simulation.Tests.Takeover;

/// <summary>A socket for which several processes can have descriptors. The last one closes it.</summary>
internal sealed class SharedSocket(Action close)
{
    private int _descriptors;

    public bool IsClosed { get; private set; }

    public void Hold() => _descriptors++;

    public void Release()
    {
        if (--_descriptors > 0)
            return;
        IsClosed = true;
        close();
    }
}

/// <summary>A descriptor of a process, which is closed when the process ends.</summary>
internal sealed class SimulatedDescriptor : SafeHandle
{
    private readonly EchoProcess _holder;

    public SimulatedDescriptor(SharedSocket socket, EchoProcess holder)
        : base(-1, ownsHandle: true)
    {
        GC.SuppressFinalize(this); // The finalizer has another thread than the simulation.
        (Socket, _holder) = (socket, holder);
        SetHandle(1);
        socket.Hold();
        holder.Descriptors.Add(this);
    }

    public SharedSocket Socket { get; }

    public override bool IsInvalid => handle == -1;

    protected override bool ReleaseHandle()
    {
        _holder.Descriptors.Remove(this);
        Socket.Release();
        return true;
    }
}
