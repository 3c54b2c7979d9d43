namespace Sockeye.Clustering;

/// <summary>Announces this node to the others, and introduces it to each new one.</summary>
/// <remarks>
/// <code>
///  Beat  number  flags: 1 byte (1: to one node only, 2: the last one)  frames of heads: number  name: text
/// </code>
/// The frames of heads were sent right before the beat: a node that has not received as many misses heads.
/// </remarks>
internal sealed class BeatSender(ClusterLink link, NodeTable nodes)
{
    private const byte Direct = 1;
    private const byte Leaving = 2;

    /// <param name="headFrames">The number of frames of heads that were sent for this beat.</param>
    /// <param name="isLeaving">Whether it is the last beat.</param>
    public void Send(int headFrames, bool isLeaving = false)
    {
        var frame = Write(isLeaving ? Leaving : (byte)0, headFrames);
        link.Announce(frame);
        frame.Release();
    }

    /// <summary>Introduces this node to one that may not know it.</summary>
    public void SendTo(ClusterNode node)
    {
        var frame = Write(Direct, headFrames: 0);
        link.Send(node, frame);
        frame.Release();
    }

    public void OnBeat(ref FrameReader frame)
    {
        var (beat, flags, headFrames, name) = (frame.ReadCount(), frame.ReadByte(), frame.ReadCount(), frame.ReadText());
        nodes.OnBeat(new(name, frame.Sender), beat, headFrames, (flags & Direct) != 0, (flags & Leaving) != 0);
    }

    private PooledBuffer Write(byte flags, int headFrames)
    {
        var frame = PooledBuffer.Rent();
        var writer = link.Begin(frame, FrameKind.Beat);
        writer.WriteNumber(link.Beat);
        writer.WriteByte(flags);
        writer.WriteNumber((ulong)headFrames);
        writer.WriteText(link.Self.Name);
        return frame;
    }
}
