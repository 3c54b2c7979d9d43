using System.Buffers;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sockeye.Transports;

/// <summary>A block of pinned memory, whose filled part is a piece of a connection's stream.</summary>
/// <remarks>
/// The array is on the pinned object heap, so that <see cref="Address"/> is valid as long as the segment is referenced. A caller
/// that gives the address to the kernel keeps the segment until the call, or the operation, has ended.
/// </remarks>
public sealed class PipeSegment : ReadOnlySequenceSegment<byte>
{
    private readonly Memory<byte> _block;
    private int _isRented; // 1 if it is rented. Only debug builds use it.

    /// <summary>Creates an empty segment.</summary>
    /// <param name="owner">The owner, to which the segment is returned.</param>
    /// <param name="size">The size in bytes.</param>
    /// <param name="id">The id that the owner has assigned.</param>
    public PipeSegment(ISegmentOwner owner, int size, int id)
        : this(owner, GC.AllocateUninitializedArray<byte>(size, pinned: true), 0, size, id)
    {
    }

    /// <summary>Creates an empty segment from a part of a larger array.</summary>
    /// <param name="owner">The owner, to which the segment is returned.</param>
    /// <param name="pinned">An array on the pinned object heap.</param>
    /// <param name="offset">The index at which the segment starts.</param>
    /// <param name="size">The size in bytes.</param>
    /// <param name="id">The id that the owner has assigned.</param>
    public PipeSegment(ISegmentOwner owner, byte[] pinned, int offset, int size, int id)
    {
        (Owner, Id) = (owner, id);
        _block = MemoryMarshal.CreateFromPinnedArray(pinned, offset, size);
        Address = Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);
    }

    /// <summary>Gets the owner, to which the segment is returned.</summary>
    public ISegmentOwner Owner { get; }

    /// <summary>Gets the id that the owner has assigned.</summary>
    public int Id { get; }

    /// <summary>Gets the address of the first byte of the memory.</summary>
    public nint Address { get; }

    /// <summary>Gets the size in bytes.</summary>
    public int Size => _block.Length;

    /// <summary>Gets the number of bytes that are filled.</summary>
    public int End { get; private set; }

    /// <summary>Gets the number of bytes that are free.</summary>
    public int FreeLength => Size - End;

    /// <summary>Gets the memory for the next bytes of the stream.</summary>
    public Memory<byte> Free => _block[End..];

    /// <summary>Gets the segment in which the stream continues.</summary>
    public PipeSegment? NextSegment => (PipeSegment?)Next;

    /// <summary>Whether the segment was created for a burst, beyond the number that its owner keeps.</summary>
    internal bool IsExtra { get; init; }

    /// <summary>Whether its owner leaves it to the garbage collector when it is returned.</summary>
    internal bool IsSingleUse { get; set; }

    /// <summary>Gets or sets the next segment in a list of unused segments.</summary>
    public PipeSegment? NextUnused { get; set; }

    /// <summary>Adds the next bytes of <see cref="Free"/> to the filled part.</summary>
    public void Fill(int count)
    {
        Debug.Assert(count >= 0 && count <= FreeLength, "A segment is filled within its memory.");
        End += count;
        Memory = _block[..End];
    }

    /// <summary>Appends the segment in which the stream continues.</summary>
    public void Append(PipeSegment next)
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
        Owner.TakeBack(this);
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
