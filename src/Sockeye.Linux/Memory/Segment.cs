using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>A block of pinned memory, whose filled part is a piece of a connection's stream.</summary>
/// <remarks>
/// The array is on the pinned object heap, so that <see cref="Address"/> is valid as long as the segment is referenced. A caller
/// that gives the address to the kernel keeps the segment until the call, or the operation, has ended.
/// </remarks>
internal sealed class Segment : ReadOnlySequenceSegment<byte>
{
    private readonly Memory<byte> _block;
    private int _isRented; // 1 if it is rented. Only debug builds use it.

    public Segment(ISegmentOwner owner, int size, int id = 0)
        : this(owner, GC.AllocateUninitializedArray<byte>(size, pinned: true), 0, size, id)
    {
    }

    /// <summary>Creates a segment from a part of a larger pinned array.</summary>
    public Segment(ISegmentOwner owner, byte[] pinned, int offset, int size, int id)
    {
        (Owner, Id) = (owner, id);
        _block = MemoryMarshal.CreateFromPinnedArray(pinned, offset, size);
        Address = Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);
    }

    public ISegmentOwner Owner { get; }

    /// <summary>The id that the owner has assigned.</summary>
    public int Id { get; }

    public nint Address { get; }

    public int Size => _block.Length;

    /// <summary>The number of bytes that are filled.</summary>
    public int End { get; private set; }

    public int Room => Size - End;

    /// <summary>The memory for the next bytes of the stream.</summary>
    public Memory<byte> Free => _block[End..];

    public Segment? NextSegment => (Segment?)Next;

    /// <summary>Whether the segment was created for a burst, beyond the number that its owner keeps.</summary>
    public bool IsExtra { get; init; }

    /// <summary>Whether its owner leaves it to the garbage collector when it is returned.</summary>
    public bool IsSingleUse { get; set; }

    /// <summary>The next segment in a list of unused segments.</summary>
    public Segment? NextUnused { get; set; }

    public void Fill(int count)
    {
        Debug.Assert(count >= 0 && count <= Room, "A segment is filled within its memory.");
        End += count;
        Memory = _block[..End];
    }

    /// <summary>Appends the segment in which the stream continues.</summary>
    public void Append(Segment next)
    {
        Debug.Assert(Next is null, "A stream continues in one segment.");
        next.RunningIndex = RunningIndex + End;
        Next = next;
    }

    /// <summary>Sets the position in the stream at which the segment starts.</summary>
    public void StartAt(long position) => RunningIndex = position;

    /// <summary>Returns the segment to its owner, empty. It must not be read or written afterwards.</summary>
    public void Release()
    {
        MarkReturned();
        Next = null;
        End = 0;
        Owner.Return(this);
    }

    /// <summary>Leaves the segment, with its bytes, to a reader that may still use it.</summary>
    public void Abandon()
    {
        MarkReturned();
        Owner.Abandon(this);
    }

    /// <summary>Called by the owner when it rents out the segment, to check that it is returned once.</summary>
    [Conditional("DEBUG")]
    public void MarkRented() => Mark(isRented: true);

    [Conditional("DEBUG")]
    private void MarkReturned() => Mark(isRented: false);

    [Conditional("DEBUG")]
    private void Mark(bool isRented)
    {
        var before = Interlocked.Exchange(ref _isRented, isRented ? 1 : 0);
        Debug.Assert(before == (isRented ? 0 : 1), "A segment is rented once, and then returned once.");
    }
}

/// <summary>The owner of segments, to which they are returned. Safe from any thread.</summary>
internal interface ISegmentOwner
{
    void Return(Segment segment);

    /// <summary>
    /// Abandons a segment that a reader may still use. It is not rented again, and the garbage collector frees its memory.
    /// </summary>
    void Abandon(Segment segment);
}
