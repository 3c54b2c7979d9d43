using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The messages of one sender that a group on this node has received. The lock of the group guards it.</summary>
/// <remarks>
/// Messages behind a gap are held while the gap is asked for, so that members receive them in order. <see cref="Last"/> is the
/// last message that the members have received, or that was reported as missing. A stream *without a start* holds all messages
/// until the sender has said which of them is the first for this node.
/// </remarks>
internal sealed class SenderStream(ulong incarnation, int maxReplay)
{
    /// <summary>The maximum number of messages that are held behind a gap.</summary>
    public const int MaxHeld = 1024;

    private readonly Queue<(ulong Number, PooledBuffer Frame)> _held = new();
    private ulong _askedFrom;

    public ulong Incarnation => incarnation;

    public uint Series { get; private set; }

    public ulong Last { get; private set; }

    /// <summary>The beat of the sender after which its messages are for this node; null once the start is known.</summary>
    public ulong? StartBeat { get; private set; }

    /// <summary>The time at which the stream began without a start.</summary>
    public long StartAskedAt { get; private set; }

    /// <summary>The last number that was asked for; not above <see cref="Last"/> if nothing is asked for.</summary>
    public ulong AskedUpTo { get; private set; }

    /// <summary>The time at which the missing messages were asked for.</summary>
    public long AskedAt { get; private set; }

    /// <summary>Whether messages have arrived since they were asked for.</summary>
    public bool HasProgress => Last >= _askedFrom;

    /// <summary>A number that the sender has announced, and that has not arrived.</summary>
    public ulong Suspected { get; private set; }

    /// <summary>The time at which <see cref="Suspected"/> was announced.</summary>
    public long SuspectedAt { get; private set; }

    public ReplayRing Ring { get; } = new(maxReplay);

    public bool IsWaiting => AskedUpTo > Last;

    public bool HasHeld => _held.Count > 0;

    public bool IsFull => _held.Count >= MaxHeld;

    /// <summary>The last number that has arrived, also behind a gap.</summary>
    public ulong LastArrived { get; private set; }

    /// <summary>The first number that is held.</summary>
    public ulong FirstHeld => _held.Peek().Number;

    public GroupStamp Stamp(ulong number) => new(incarnation, Series, number);

    /// <summary>Starts a series: the next message has the number after <paramref name="last"/>.</summary>
    public void Begin(uint series, ulong last)
    {
        Debug.Assert(series > Series || Last == 0, "A series does not come back.");
        ReleaseHeld();
        (Series, Last, LastArrived, AskedUpTo, Suspected, StartBeat) = (series, last, last, 0, 0, null);
        Ring.Clear(last + 1);
    }

    /// <summary>Starts a series whose first message for this node is not known.</summary>
    public void BeginWithoutStart(uint series, ulong beat, long timestamp)
    {
        Begin(series, 0);
        (StartBeat, StartAskedAt) = (beat, timestamp);
    }

    /// <summary>The start is known: the next message has the number after <paramref name="last"/>, or a lower one that is held.
    /// </summary>
    public void Start(ulong last)
    {
        Debug.Assert(StartBeat is not null && Last == 0, "A stream starts once.");
        last = HasHeld ? Math.Min(last, FirstHeld - 1) : last;
        StartBeat = null;
        Ring.Clear(last + 1);
        MoveTo(last);
    }

    /// <summary>The members have received the next message.</summary>
    public void OnDelivered(ulong number, PooledBuffer frame)
    {
        Debug.Assert(number == Last + 1, "Messages are delivered in order, each once.");
        Ring.Add(number, frame);
        MoveTo(number);
    }

    /// <summary>The members do not receive the messages up to a number.</summary>
    public void OnMissed(ulong number)
    {
        Debug.Assert(number > Last, "A message is missed once.");
        Ring.Clear(number + 1);
        MoveTo(number);
    }

    /// <summary>Keeps a message that arrived behind a gap. The stream takes a reference.</summary>
    public void Hold(ulong number, PooledBuffer frame)
    {
        Debug.Assert(number > LastArrived && number > Last + 1, "Held messages are in order, and behind a gap.");
        frame.AddReference();
        _held.Enqueue((number, frame));
        LastArrived = number;
    }

    /// <summary>Takes the next message, if it is held. The caller releases it.</summary>
    public bool TryTakeNext(out PooledBuffer frame)
    {
        while (_held.TryPeek(out var first) && first.Number <= Last)
            _held.Dequeue().Frame.Release();
        if (_held.TryPeek(out var next) && next.Number == Last + 1)
        {
            frame = _held.Dequeue().Frame;
            return true;
        }

        frame = null!;
        return false;
    }

    public void OnAsked(ulong upTo, long timestamp) => (AskedUpTo, AskedAt, _askedFrom) = (upTo, timestamp, Last + 1);

    /// <summary>A head was announced. One that has not arrived is suspected to be lost until it has; a later one does not begin
    /// the time again.</summary>
    public void Suspect(ulong head, long timestamp)
    {
        if (head > LastArrived && Suspected <= LastArrived)
            (Suspected, SuspectedAt) = (head, timestamp);
    }

    public void Release()
    {
        ReleaseHeld();
        Ring.Clear(Last + 1);
    }

    private void MoveTo(ulong number)
    {
        Last = number;
        StartBeat = null; // The first message of a series needs none.
        LastArrived = Math.Max(LastArrived, number);
        if (Suspected <= Last)
            Suspected = 0;
    }

    private void ReleaseHeld()
    {
        while (_held.TryDequeue(out var held))
            held.Frame.Release();
    }
}
