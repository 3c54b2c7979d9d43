using System.Buffers;

namespace Sockeye.Linux;

internal sealed partial class EngineInput
{
    /// <summary>With less room than this in its last segment the stream goes on in a new one.</summary>
    private const int MinRoom = 512;

    private Segment? _head;
    private Segment? _tail;
    private int _headIndex;
    private long _received;
    private long _examined;
    private long _lastExamined;
    private bool _isFilling;
    private bool _drops;
    private WaitClock _pauses;
    private bool _hasEnded;

    /// <summary>From any thread: bytes that have arrived, and can be read unless nobody wants to.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>From any thread: for how long in all receiving paused, since nobody read.</summary>
    public TimeSpan Paused => _pauses.Total(connection.Options.TimeProvider);

    /// <summary>From any thread: for how long nothing has been received, since the handler does not read; zero for a
    /// moment.</summary>
    public TimeSpan PausedFor => _pauses.StandsStillFor(connection.Options.TimeProvider);

    private int Limit => connection.Options.MaxReadBufferSize;

    /// <summary>Whether what arrives is thrown away.</summary>
    private bool DropsInput => _drops || _state is ReadState.Retired;

    /// <summary>
    /// How many bytes may still be received before the reader has looked at those that wait; with none, receiving pauses: the
    /// reader asks the engine to go on. <see cref="int.MaxValue"/> where nobody reads.
    /// </summary>
    public int RoomOrPause()
    {
        lock (_wait.Lock)
            return LockedRoomOrPause();
    }

    /// <summary>On the engine thread: memory for the kernel to fill, until <see cref="EndFill"/>; false: receiving
    /// pauses.</summary>
    /// <param name="size">The size of a new segment.</param>
    /// <param name="segment">Its free part is to be filled; null where nobody reads: what arrives is to be thrown away.</param>
    /// <param name="length">How much of it may be filled.</param>
    public bool TryBeginFill(int size, out Segment? segment, out int length)
    {
        lock (_wait.Lock)
        {
            (segment, length) = (null, LockedRoomOrPause());
            if (length == 0 || DropsInput)
                return length > 0;
            if (_tail is null || _tail.Room < MinRoom)
                Append(connection.Thread.Setup.Pool.Rent(size));
            segment = _tail!;
            length = Math.Min(segment.Room, Math.Max(length, MinRoom));
            _isFilling = true;
            return true;
        }
    }

    /// <summary>On the engine thread: so many bytes were received into the memory.</summary>
    public void EndFill(int count)
    {
        lock (_wait.Lock)
        {
            _isFilling = false;
            if (_state is ReadState.Retired)
            {
                CountWaste(count);
                ReleaseTo(_received); // The reader went meanwhile, and left this segment to the kernel.
                return;
            }

            _tail!.Fill(count);
            _received += count;
            if (count == 0)
                ReleaseTo(Position(_head!, _headIndex));
            if (count == 0 || !_wait.TryEnd())
                return;
        }

        connection.Continue(this);
    }

    /// <summary>On the engine thread: a segment that the kernel has filled. The input has it from now on.</summary>
    public void Add(Segment filled)
    {
        lock (_wait.Lock)
        {
            if (DropsInput)
            {
                CountWaste(filled.End);
                filled.Release();
                return;
            }

            // A reader that does not keep up must not hold a whole segment for each piece of its stream.
            if (_tail is not null && filled.End <= _tail.Room)
            {
                filled.Memory.CopyTo(_tail.Free);
                _tail.Fill(filled.End);
                _received += filled.End;
                filled.Release();
            }
            else
            {
                Append(filled);
                _received += filled.End;
            }

            if (!_wait.TryEnd())
                return;
        }

        connection.Continue(this);
    }

    /// <summary>On the engine thread: so many bytes were received that nobody wants to read.</summary>
    public void Waste(int count)
    {
        lock (_wait.Lock)
            CountWaste(count);
    }

    /// <summary>On the engine thread: nothing will come any more; with an error, readers see it after the last byte.</summary>
    public void End(Exception? error)
    {
        lock (_wait.Lock)
        {
            if (_hasEnded)
                return;
            (_hasEnded, _error) = (true, error);
            if (!_wait.TryEnd())
                return;
        }

        connection.Continue(this);
    }

    /// <summary>
    /// From any thread, after <see cref="Retire"/>: what arrives from now on is thrown away, even if the reader still looks at
    /// its last result.
    /// </summary>
    public void Drop()
    {
        lock (_wait.Lock)
        {
            _drops = true;
            _examined = _received;
            if (!TryResume())
                return;
        }

        connection.Post(EngineRequests.Receive);
    }

    private void CountWaste(int count) => _examined = _received += count;

    private int LockedRoomOrPause()
    {
        if (DropsInput)
            return int.MaxValue;
        var room = Limit - (_received - _examined);
        if (room > 0)
            return (int)room;
        _pauses.Begin(connection.Options.TimeProvider.GetTimestamp());
        return 0;
    }

    private void Append(Segment segment)
    {
        if (_tail is null)
        {
            (_head, _headIndex) = (segment, 0);
            segment.BeginAt(_received);
        }
        else
        {
            _tail.Append(segment);
        }

        _tail = segment;
    }

    private ReadOnlySequence<byte> Unread() =>
        _head is null ? ReadOnlySequence<byte>.Empty : new(_head, _headIndex, _tail!, _tail!.End);

    /// <summary>Gives back what the reader has consumed; true where receiving is to go on.</summary>
    private bool Release(SequencePosition consumed, SequencePosition examined)
    {
        var first = _head is null ? _received : Position(_head, _headIndex);
        // An empty result has no segment: its positions say that nothing was consumed, and everything was seen.
        var to = consumed.GetObject() is Segment last ? Position(last, consumed.GetInteger()) : first;
        var seen = examined.GetObject() is Segment end ? Position(end, examined.GetInteger()) : Math.Max(to, _examined);
        if (to < first || seen < to || seen > _received)
            throw new InvalidOperationException("The positions are not in order, or not of the result that was read last.");
        ReleaseTo(to);
        // What was seen once is not waited for again; but who only tries may have it again, as with a pipe.
        (_examined, _lastExamined) = (Math.Max(_examined, seen), seen);
        return TryResume();
    }

    /// <summary>Nobody reads any more; true where receiving is to go on.</summary>
    private bool Discard()
    {
        _state = ReadState.Retired;
        _examined = _received;
        ReleaseTo(_received);
        return TryResume();
    }

    private bool TryResume()
    {
        if (!_pauses.IsRunning || _received - _examined > Limit / 2)
            return false;
        _pauses.End(connection.Options.TimeProvider.GetTimestamp());
        return true;
    }

    private void ReleaseTo(long position)
    {
        while (_head is { } segment && segment.RunningIndex + segment.End <= position)
        {
            if (segment == _tail && _isFilling)
                break; // The kernel writes behind its end just now.
            _head = segment.NextSegment;
            if (_head is null)
                _tail = null;
            _headIndex = 0;
            segment.Release();
        }

        if (_head is not null)
            _headIndex = (int)Math.Max(_headIndex, position - _head.RunningIndex);
    }

    private static long Position(Segment segment, int index) => segment.RunningIndex + index;
}
