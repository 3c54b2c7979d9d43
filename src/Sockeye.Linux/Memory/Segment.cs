using System.Buffers;
using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>A block of pinned memory, and as far as it is filled a piece of a connection's stream.</summary>
/// <remarks>
/// The array is on the pinned object heap: <see cref="Address"/> stays right as long as the segment is referenced. Whoever gives
/// the address to the kernel keeps the segment until the call, or the operation, has ended.
/// </remarks>
internal sealed class Segment : ReadOnlySequenceSegment<byte>
{
    private readonly Memory<byte> _block;

    public Segment(ISegmentOwner owner, int size, int id = 0)
        : this(owner, GC.AllocateUninitializedArray<byte>(size, pinned: true), 0, size, id)
    {
    }

    /// <summary>A part of a larger pinned array.</summary>
    public Segment(ISegmentOwner owner, byte[] pinned, int offset, int size, int id)
    {
        (Owner, Id) = (owner, id);
        _block = MemoryMarshal.CreateFromPinnedArray(pinned, offset, size);
        Address = Marshal.UnsafeAddrOfPinnedArrayElement(pinned, offset);
    }

    public ISegmentOwner Owner { get; }

    /// <summary>The owner's number for it.</summary>
    public int Id { get; }

    public nint Address { get; }

    public int Size => _block.Length;

    /// <summary>How far it is filled, in bytes.</summary>
    public int End { get; private set; }

    public int Room => Size - End;

    /// <summary>Where the stream's next bytes go.</summary>
    public Memory<byte> Free => _block[End..];

    public Segment? NextSegment => (Segment?)Next;

    /// <summary>Whether it was made for a burst, beyond what its owner keeps.</summary>
    public bool IsExtra { get; init; }

    /// <summary>Whether its owner leaves it to the garbage collector when it comes back.</summary>
    public bool IsSingleUse { get; set; }

    /// <summary>The next of a list of unused segments.</summary>
    public Segment? NextUnused { get; set; }

    public void Fill(int count)
    {
        End += count;
        Memory = _block[..End];
    }

    /// <summary>The stream goes on in <paramref name="next"/>.</summary>
    public void Append(Segment next)
    {
        next.RunningIndex = RunningIndex + End;
        Next = next;
    }

    /// <summary>The stream begins, or goes on after what is gone already, here.</summary>
    public void StartAt(long position) => RunningIndex = position;

    /// <summary>Gives it back, empty. Nobody may read or write it any more.</summary>
    public void Release()
    {
        Next = null;
        End = 0;
        Owner.Return(this);
    }

    /// <summary>Leaves it, with what is in it, to who may still read it.</summary>
    public void Abandon() => Owner.Abandon(this);
}

/// <summary>Where a segment goes when nobody needs it any more; from any thread.</summary>
internal interface ISegmentOwner
{
    void Return(Segment segment);

    /// <summary>Somebody may still look at it: it is not lent again, and the garbage collector has its memory.</summary>
    void Abandon(Segment segment);
}
