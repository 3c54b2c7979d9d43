using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>Buffers of one size that the kernel receives into, and that connections then read from.</summary>
/// <remarks>
/// A buffer belongs to the kernel or to a connection, or is being returned by another thread. If the kernel has few, more are
/// created, up to a limit, or received bytes are copied, so that slow readers never take the last buffers from others.
/// </remarks>
internal sealed class ReceiveBuffers : ISegmentOwner, IDisposable
{
    private readonly BufferRing _ring;
    private readonly EngineThread _thread;
    private readonly int _size;
    private readonly int _step;
    private readonly PipeSegment[] _byId;
    private int _created;
    private int _withKernel;
    private long _rented;
    private long _returnedHere;
    private long _returnedElsewhere;
    private PipeSegment? _returned;
    private bool _hasUnpublished;

    public ReceiveBuffers(Ring ring, EngineThread thread, ushort group, int size, int initialCount, int maxCount)
    {
        _ring = BufferRing.Create(ring, group, maxCount);
        (_thread, _size, _step) = (thread, size, initialCount);
        _byId = new PipeSegment[_ring.Entries];
        TryGrow();
    }

    public ushort Group => _ring.Group;

    /// <summary>Whether connections have most of the buffers.</summary>
    public bool IsScarce => _withKernel < _created / 2;

    /// <summary>Whether the kernel has a buffer.</summary>
    public bool HasAny => _withKernel > 0;

    /// <summary>
    /// The number of bytes that connections hold; exact while no buffer is being taken or returned. Safe from any thread.
    /// </summary>
    public long RentedBytes =>
        (Volatile.Read(ref _rented) - Volatile.Read(ref _returnedHere) - Volatile.Read(ref _returnedElsewhere)) * _size;

    /// <summary>Takes a buffer that the kernel has filled. The caller releases it.</summary>
    public PipeSegment Take(ushort id, int filled)
    {
        _thread.AssertOnEngineThread();
        Debug.Assert(id < _created && _withKernel > 0, "The kernel has the buffer.");
        var segment = _byId[id];
        segment.MarkRented();
        segment.Fill(filled);
        Volatile.Write(ref _rented, _rented + 1);
        _withKernel--;
        return segment;
    }

    /// <summary>Returns a buffer. Safe from any thread.</summary>
    public void TakeBack(PipeSegment segment)
    {
        if (_thread.IsCurrent)
        {
            Volatile.Write(ref _returnedHere, _returnedHere + 1);
            Provide(segment);
            return;
        }

        Interlocked.Increment(ref _returnedElsewhere);
        var top = Volatile.Read(ref _returned);
        while (true)
        {
            segment.NextUnused = top;
            var seen = Interlocked.CompareExchange(ref _returned, segment, top);
            if (ReferenceEquals(seen, top))
                return;
            top = seen;
        }
    }

    /// <summary>Replaces the memory of a buffer in the ring. Safe from any thread.</summary>
    public void Abandon(PipeSegment segment) => TakeBack(new(this, _size, segment.Id));

    /// <summary>Gives returned buffers to the kernel.</summary>
    public void Publish()
    {
        _thread.AssertOnEngineThread();
        if (Volatile.Read(ref _returned) is not null)
        {
            for (var segment = Interlocked.Exchange(ref _returned, null); segment is not null;)
            {
                var next = segment.NextUnused;
                segment.NextUnused = null;
                Provide(segment);
                segment = next;
            }
        }

        if (!_hasUnpublished)
            return;
        _hasUnpublished = false;
        _ring.Publish();
    }

    public void Dispose() => _ring.Dispose();

    private void Provide(PipeSegment segment)
    {
        Debug.Assert(_withKernel < _byId.Length, "The ring has an entry for each buffer.");
        _byId[segment.Id] = segment;
        _ring.Provide(segment.Address, segment.Size, (ushort)segment.Id);
        _withKernel++;
        _hasUnpublished = true;
    }

    /// <summary>Creates more buffers, in one piece of memory. Returns false if the ring has no free entries for them.</summary>
    public bool TryGrow()
    {
        _thread.AssertOnEngineThread();
        // The number doubles each time, so that memory that is never freed is in few pieces.
        var more = Math.Min(Math.Max(_step, _created), _byId.Length - _created);
        if (more == 0)
            return false;
        var memory = GC.AllocateUninitializedArray<byte>(more * _size, pinned: true);
        for (var i = 0; i < more; i++, _created++)
        {
            Provide(new(this, memory, i * _size, _size, _created));
        }

        return true;
    }
}
