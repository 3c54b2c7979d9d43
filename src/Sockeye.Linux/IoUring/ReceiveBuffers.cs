using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>Buffers of one size that the kernel receives into, and that connections then read from.</summary>
/// <remarks>
/// A buffer is with the kernel, with a connection, or on its way back from another thread. When they are scarce with the kernel,
/// more are created, up to a bound, or what arrives is copied: slow readers never take the last ones from the others.
/// </remarks>
internal sealed class ReceiveBuffers : ISegmentOwner, IDisposable
{
    private readonly BufferRing _ring;
    private readonly EngineThread _thread;
    private readonly int _size;
    private readonly int _step;
    private readonly Segment[] _byId;
    private int _created;
    private int _withKernel;
    private long _rented;
    private long _returnedHere;
    private long _returnedElsewhere;
    private Segment? _returned;
    private bool _hasUnpublished;

    public ReceiveBuffers(Ring ring, EngineThread thread, ushort group, int size, int first, int most)
    {
        _ring = BufferRing.Create(ring, group, most);
        (_thread, _size, _step) = (thread, size, first);
        _byId = new Segment[_ring.Entries];
        TryGrow();
    }

    public ushort Group => _ring.Group;

    /// <summary>Whether most buffers are with connections.</summary>
    public bool IsScarce => _withKernel < _created / 2;

    /// <summary>Whether there is a buffer that the kernel could use.</summary>
    public bool HasAny => _withKernel > 0;

    /// <summary>Bytes that connections hold; exact while none is taken or returned. Safe from any thread.</summary>
    public long RentedBytes =>
        (Volatile.Read(ref _rented) - Volatile.Read(ref _returnedHere) - Volatile.Read(ref _returnedElsewhere)) * _size;

    /// <summary>Takes a buffer that the kernel has filled. The caller releases it.</summary>
    public Segment Take(ushort id, int filled)
    {
        _thread.AssertOnEngineThread();
        Debug.Assert(id < _created && _withKernel > 0, "The kernel fills only buffers that it was given.");
        var segment = _byId[id];
        segment.MarkRented();
        segment.Fill(filled);
        Volatile.Write(ref _rented, _rented + 1);
        _withKernel--;
        return segment;
    }

    /// <summary>Safe from any thread.</summary>
    public void Return(Segment segment)
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

    /// <summary>Puts other memory in the place of this in the ring. Safe from any thread.</summary>
    public void Abandon(Segment segment) => Return(new(this, _size, segment.Id));

    /// <summary>Gives the kernel what has come back.</summary>
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

    private void Provide(Segment segment)
    {
        Debug.Assert(_withKernel < _byId.Length, "The ring has an entry for each buffer.");
        _byId[segment.Id] = segment;
        _ring.Provide(segment.Address, segment.Size, (ushort)segment.Id);
        _withKernel++;
        _hasUnpublished = true;
    }

    /// <summary>Creates more, of one piece of memory; false where the ring has no entries left for them.</summary>
    public bool TryGrow()
    {
        _thread.AssertOnEngineThread();
        // Twice as many each time: memory that is never given back is in few pieces.
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
