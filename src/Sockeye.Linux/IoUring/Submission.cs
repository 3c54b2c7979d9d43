using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>
/// <c>struct io_uring_sqe</c>: an operation to submit. <see cref="Ring.Next"/> returns a zeroed one, which one of the methods
/// fills. The memory at an address must stay valid until the last completion of the operation.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
internal struct Submission
{
    private const byte BufferSelect = 1 << 5;
    private const ushort ReceiveIsMultishot = 1 << 1;
    private const uint PollIsMultishot = 1 << 0;
    private const uint CancelAll = 1 << 0;
    private const uint CancelDescriptor = 1 << 1;
    private const uint SendFlags = 0x100 | 0x4000; // MSG_WAITALL | MSG_NOSIGNAL

    [FieldOffset(0)] private Opcode _opcode;
    [FieldOffset(1)] private byte _flags;
    [FieldOffset(2)] private ushort _variant;
    [FieldOffset(4)] private int _descriptor;
    [FieldOffset(16)] private ulong _address;
    [FieldOffset(24)] private uint _length;
    [FieldOffset(28)] private uint _operationFlags;
    [FieldOffset(32)] private ulong _userData;
    [FieldOffset(40)] private ushort _bufferGroup;
    [FieldOffset(44)] private uint _limit;

    /// <summary>
    /// Receives repeatedly, each time into a buffer of the group, until the end, an error, an empty group, or the limit. At the
    /// limit, the last completion comes without <see cref="Completion.HasMore"/>, and the rest stays in the socket. The limit is
    /// a total number of bytes, which is exceeded by less than a buffer; 0 means no limit. A kernel without
    /// <see cref="IoUringSupport.HasReceiveLimit"/> fails with EINVAL for other values.
    /// </summary>
    public void ReceiveMultishot(int descriptor, ushort bufferGroup, uint limit, ulong userData)
    {
        Fill(Opcode.Receive, descriptor, userData);
        _flags = BufferSelect;
        _variant = ReceiveIsMultishot;
        _bufferGroup = bufferGroup;
        _limit = limit;
    }

    /// <summary>Receives once into a buffer of the group, at most the buffer's length.</summary>
    public void ReceiveOnce(int descriptor, ushort bufferGroup, ulong userData)
    {
        Fill(Opcode.Receive, descriptor, userData);
        _flags = BufferSelect;
        _bufferGroup = bufferGroup;
    }

    /// <summary>
    /// Sends all bytes, unless a cancel or the peer's reset comes first. The completion has the number of bytes.
    /// </summary>
    public void Send(int descriptor, nint address, int length, ulong userData)
    {
        Fill(Opcode.Send, descriptor, userData);
        _address = (ulong)address;
        _length = (uint)length;
        _operationFlags = SendFlags;
    }

    /// <summary>Sends the parts of a native <c>msghdr</c> (at most 1024), as <see cref="Send"/> does.</summary>
    public void SendMessage(int descriptor, nint header, ulong userData)
    {
        Fill(Opcode.SendMessage, descriptor, userData);
        _address = (ulong)header;
        _length = 1;
        _operationFlags = SendFlags;
    }

    /// <summary>
    /// Waits for events (poll(2): <c>POLLIN</c> is 1, <c>POLLOUT</c> 4), and completes once with those that occurred.
    /// </summary>
    public void Poll(int descriptor, uint events, ulong userData)
    {
        Fill(Opcode.PollAdd, descriptor, userData);
        _operationFlags = events;
    }

    /// <summary>Waits for events, as <see cref="Poll"/> does, and completes at each new event.</summary>
    public void PollMultishot(int descriptor, uint events, ulong userData)
    {
        Poll(descriptor, events, userData);
        _length = PollIsMultishot;
    }

    /// <summary>Cancels every operation on a descriptor. The result is their number, or ENOENT for none.</summary>
    public void Cancel(int descriptor, ulong userData)
    {
        Fill(Opcode.AsyncCancel, descriptor, userData);
        _operationFlags = CancelDescriptor | CancelAll;
    }

    private void Fill(Opcode opcode, int descriptor, ulong userData)
    {
        _opcode = opcode;
        _descriptor = descriptor;
        _userData = userData;
    }
}
