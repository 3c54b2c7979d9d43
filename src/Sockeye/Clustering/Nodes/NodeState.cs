using System.Diagnostics;

namespace Sockeye.Clustering;

/// <summary>The knowledge of this node about another one. The lock of the <see cref="NodeTable"/> guards it.</summary>
/// <remarks>
/// A beat is *verified* when this node knows of every message that the other one had sent by then: it has received all beats
/// and heads, or has asked for the heads and been answered.
/// </remarks>
internal sealed class NodeState(ClusterNode node)
{
    private const int RememberedBeats = 16;

    private readonly Queue<(ulong Beat, long Clock)> _heard = new();
    private (ulong Beat, long Clock) _last;
    private (ulong Beat, long Clock) _verified;
    private ulong _headFrames;
    private ulong _request;
    private int _answersDue;

    public ClusterNode Node => node;

    /// <summary>Whether the node is a member of the cluster, as far as this node knows.</summary>
    public bool IsUp { get; set; }

    /// <summary>Whether the node has left, or is reported to be gone for good. Nothing of it is accepted.</summary>
    public bool HasEnded { get; set; }

    /// <summary>The timestamp at which the node was last heard; null before the first time.</summary>
    public long? LastHeard { get; set; }

    /// <summary>Whether the heads of the node's topics have to be asked for: frames of it may be lost.</summary>
    public bool NeedsHeads { get; private set; }

    /// <summary>Frames may be lost. An answer to an earlier request does not count.</summary>
    public void NeedHeads() => (NeedsHeads, _request) = (true, 0);

    /// <summary>A frame of heads has arrived, which belongs to the next beat.</summary>
    public void OnHeadFrame() => _headFrames++;

    /// <summary>Records a beat.</summary>
    /// <param name="beat">Its number.</param>
    /// <param name="headFrames">The number of frames of heads before it.</param>
    /// <param name="clock">The moment on the clock of events.</param>
    public void OnBeat(ulong beat, ulong headFrames, long clock)
    {
        Debug.Assert(clock > _last.Clock, "The clock of events counts from 1.");
        var isWhole = _headFrames == headFrames;
        _headFrames = 0;
        if (beat <= _last.Beat)
            return;
        if (_last.Beat != 0 && (!isWhole || beat != _last.Beat + 1))
            NeedHeads();
        _last = (beat, clock);
        if (_heard.Count == RememberedBeats)
            _heard.Dequeue();
        _heard.Enqueue(_last);
        if (!NeedsHeads)
            _verified = _last;
    }

    /// <summary>Heads were asked for in a number of frames, each of which is answered.</summary>
    public void OnAsked(ulong request, int frames) => (_request, _answersDue) = (request, frames);

    /// <summary>A frame of a request is answered.</summary>
    public void OnAnswered(ulong request)
    {
        if (request == 0 || request != _request || --_answersDue > 0)
            return;
        (NeedsHeads, _request, _verified) = (false, 0, _last);
    }

    /// <summary>Returns a beat that was heard after the given moment of the clock of events, and with which this node compares
    /// what it has missed; null if there is none.</summary>
    public ulong? GetBeatAfter(long clock)
    {
        if (_verified.Clock > clock)
            return _verified.Beat;
        foreach (var (beat, at) in _heard)
        {
            if (at > clock)
                return beat;
        }

        return null;
    }
}
