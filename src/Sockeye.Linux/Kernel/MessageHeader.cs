using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>One piece of memory to send: <c>struct iovec</c>, readv(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector
{
    public nint Address;
    public nint Length;
}

/// <summary><c>struct msghdr</c>, sendmsg(2), on 64 bits: the lengths are followed by padding.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public byte* Name;
    public nint NameLength;
    public IoVector* Vectors;
    public nint VectorCount;
    public byte* Control;
    public nint ControlLength;
    public nint Flags;
}
