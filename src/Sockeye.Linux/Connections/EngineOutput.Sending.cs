namespace Sockeye.Linux;

internal sealed partial class EngineOutput
{
    private Segment? _head;
    private int _headIndex;
    private long _flushed;
    private long _sent;
    private WaitClock _waits;
    private bool _asked;
    private bool _isGone;
    private bool _mayDrop;

    /// <summary>From any thread: whether something is flushed that the system does not take yet.</summary>
    public bool HasUnsent => _waits.IsRunning;

    /// <summary>From any thread: for how long in all that was so.</summary>
    public TimeSpan Waited => _waits.Total(connection.Options.TimeProvider);

    /// <summary>From any thread: for how long the system has taken nothing of it; zero for a moment.</summary>
    public TimeSpan BlockedFor => _waits.StandsStillFor(connection.Options.TimeProvider);

    /// <summary>On the engine thread: what is flushed and not sent yet, as far as it fits.</summary>
    /// <remarks>
    /// The memory stays as it is until <see cref="EndSend"/>, whatever happens to the connection. Nothing to send: the engine
    /// need not look again before it is asked, and <paramref name="isEnd"/> tells whether FIN is due.
    /// </remarks>
    /// <returns>How many of <paramref name="vectors"/> are filled, and their bytes.</returns>
    public (int Vectors, int Bytes) BeginSend(Span<IoVector> vectors, int maxBytes, out bool isEnd)
    {
        lock (_wait.Lock)
        {
            isEnd = false;
            var left = (int)Math.Min(_flushed - _sent, maxBytes);
            if (left == 0)
            {
                (_asked, isEnd) = (false, _isCompleted);
                return default;
            }

            _waits.Begin(connection.Thread.Now);
            var (used, bytes) = (0, 0);
            var (segment, index) = (_head!, _headIndex);
            for (; left > 0 && used < vectors.Length; (segment, index) = (segment.NextSegment!, 0))
            {
                var length = Math.Min(segment.End - index, left);
                if (length == 0)
                    continue; // It was sent, and kept for the writer, who then needed more than its room.
                vectors[used++] = new() { Address = segment.Address + index, Length = length };
                (left, bytes) = (left - length, bytes + length);
            }

            return (used, bytes);
        }
    }

    /// <summary>
    /// On the engine thread: so many bytes are with the system. True: there is more to send, or FIN; false: the engine need not
    /// look before it is asked.
    /// </summary>
    public bool EndSend(int count)
    {
        bool more;
        lock (_wait.Lock)
        {
            _sent += count;
            _headIndex += count;
            if (_flushed == _sent)
                _waits.End(connection.Thread.Now);
            else
                _waits.Move(connection.Thread.Now);
            ReleaseSent();
            more = _asked = _flushed > _sent || _isCompleted;
            if (_flushed - _sent > connection.Options.MaxWriteBufferSize / 2 || !_wait.TryEnd())
                return more;
        }

        connection.Continue(this);
        return more;
    }

    /// <summary>Nothing will be sent any more: writers learn of it by their flushes. A send may still be under way.</summary>
    public void End()
    {
        lock (_wait.Lock)
        {
            _isGone = true;
            if (!_wait.TryEnd())
                return;
        }

        connection.Continue(this);
    }

    /// <summary>On the engine thread, after <see cref="End"/> and with no send under way: the memory is given back.</summary>
    public void Drop()
    {
        lock (_wait.Lock)
        {
            _mayDrop = true;
            DropAll();
        }
    }

    /// <summary>True where the engine has to be asked.</summary>
    private bool Flush()
    {
        NoticeSecondWriter();
        _borrower = 0;
        _usual = (int)Math.Min(_written - _flushed, SegmentPool.LargeSize);
        _flushed = _written;
        _isWriting = false;
        if (_isGone)
        {
            if (_mayDrop)
                DropAll();
            return false;
        }

        if (_flushed == _sent)
            ReleaseSent(); // What was kept for the writer.
        if (_asked || _flushed == _sent)
            return false;
        return _asked = true;
    }

    private void ReleaseSent()
    {
        while (_head is { } segment && _headIndex >= segment.End && (segment != _tail || !_isWriting))
        {
            _headIndex -= segment.End;
            ReleaseHead();
        }
    }

    /// <summary>
    /// One writer at a time is the rule. With two, one may still write into memory that the other has flushed: once that is
    /// possible, no segment of this output serves another connection afterwards.
    /// </summary>
    private void NoticeSecondWriter()
    {
        if (_isShared || _borrower == 0 || _borrower == Environment.CurrentManagedThreadId)
            return;
        _isShared = true;
        for (var segment = _head; segment is not null; segment = segment.NextSegment)
            segment.IsForOneUse = true;
    }

    private void Append(Segment segment)
    {
        segment.IsForOneUse = _isShared;
        if (_tail is null)
            (_head, _headIndex) = (segment, 0);
        else
            _tail.Append(segment);
        _tail = segment;
    }

    private void DropAll()
    {
        (_flushed, _sent) = (_written, _written);
        while (_head is { } segment && (segment != _tail || !_isWriting))
            ReleaseHead();
        _headIndex = 0;
    }

    private void ReleaseHead()
    {
        var segment = _head!;
        _head = segment.NextSegment;
        if (_head is null)
            _tail = null;
        segment.Release();
    }
}
