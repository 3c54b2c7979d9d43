using System.Runtime.InteropServices;

namespace Sockeye.EngineSimulation.Tests.Kernel;

/// <summary>A ring of buffers that a simulated kernel receives into.</summary>
internal sealed class BufferGroup(nint address, int entries)
{
    private const int EntrySize = 16;
    private const int TailOffset = 14;

    private int _head;

    public bool HasAny => (short)_head != Marshal.ReadInt16(address + TailOffset);

    /// <summary>The next buffer, which stays in the ring until it is taken.</summary>
    public (nint Address, int Length, int Id) Peek()
    {
        var entry = address + ((_head & (entries - 1)) * EntrySize);
        return ((nint)Marshal.ReadInt64(entry), Marshal.ReadInt32(entry + 8), Marshal.ReadInt16(entry + 12));
    }

    public void Take() => _head++;
}
