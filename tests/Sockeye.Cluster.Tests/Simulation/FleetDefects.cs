using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>Mistakes that a run can be given, to show that it finds them.</summary>
internal sealed record FleetDefects
{
    public static FleetDefects None { get; } = new();

    /// <summary>Changes the frames that nodes send.</summary>
    public Func<byte[], byte[]?> Outgoing { get; init; } = static frame => frame;

    /// <summary>A node that restarts uses the number of its former run.</summary>
    public bool KeepsIncarnation { get; init; }

    /// <summary>Is added to the last number that a client says it has seen.</summary>
    public int PositionError { get; init; }

    /// <summary>Gaps are not passed on.</summary>
    public bool HidesGaps { get; init; }

    /// <summary>Nodes never announce heads, and beats do not promise any.</summary>
    public static FleetDefects WithoutHeads { get; } = new() { Outgoing = DropHeads };

    /// <summary>Answers about heads say nothing.</summary>
    public static FleetDefects WithEmptyAnswers { get; } = new() { Outgoing = EmptyAnswer };

    /// <summary>A message that is sent again has the number of its predecessor.</summary>
    public static FleetDefects WithWrongRepairs { get; } = new() { Outgoing = ShiftRepair };

    /// <summary>A node that has no such connection says that it has queued the message.</summary>
    public static FleetDefects WithFalseAnswers { get; } = new() { Outgoing = AnswerQueued };

    /// <summary>Changes of the users of a node do not name them.</summary>
    public static FleetDefects WithoutNewUsers { get; } = new() { Outgoing = frame => CutChanges(frame, key: "*", isAdded: 1) };

    /// <summary>Members leave, and nothing says which.</summary>
    public static FleetDefects WithoutLeaves { get; } = new() { Outgoing = frame => CutChanges(frame, key: null, isAdded: 0) };

    /// <summary>A node asks others once for their members, and never again.</summary>
    public static FleetDefects WithoutRepeatedRequests { get; } = new() { Outgoing = DropRepeatedFollow };

    private static byte[] AnswerQueued(byte[] frame)
    {
        if (SpyEngine.KindOf(frame) == SpyEngine.SendAnswer)
            frame[Skip(frame, 10)] = (byte)ClusterSendResult.Queued;
        return frame;
    }

    /// <summary>Cuts the items from changes that begin with one that was added or removed.</summary>
    private static byte[] CutChanges(byte[] frame, string? key, byte isAdded)
    {
        if (SpyEngine.KindOf(frame) != SpyEngine.Changes)
            return frame;
        var flags = 11 + frame[10];
        var items = Skip(frame, Skip(frame, Skip(frame, flags + 1)));
        var isMeant = (key is null || System.Text.Encoding.UTF8.GetString(frame.AsSpan(11, frame[10])) == key)
            && frame[flags] == 0 && items < frame.Length && frame[items] == isAdded;
        return isMeant ? frame[..items] : frame;
    }

    private static byte[]? DropRepeatedFollow(byte[] frame) =>
        SpyEngine.KindOf(frame) == SpyEngine.Follow && frame[11 + frame[10]] != 0 ? null : frame;

    private static byte[]? DropHeads(byte[] frame)
    {
        if (SpyEngine.KindOf(frame) == SpyEngine.Heads && frame[10] == 0)
            return null;
        if (SpyEngine.KindOf(frame) != SpyEngine.Beat)
            return frame;
        // The number of frames with heads comes behind the number of the beat and the flags.
        var at = Skip(frame, 10) + 1;
        frame[at] = 0;
        return frame;
    }

    private static byte[] EmptyAnswer(byte[] frame) =>
        SpyEngine.KindOf(frame) == SpyEngine.Heads && frame[10] != 0 ? frame[..Skip(frame, 10)] : frame;

    private static byte[] ShiftRepair(byte[] frame)
    {
        if (SpyEngine.KindOf(frame) != SpyEngine.Repaired)
            return frame;
        var number = Skip(frame, 11 + frame[10]);
        if (frame[number] is > 1 and < 0x80)
            frame[number]--;
        return frame;
    }

    /// <summary>Returns the place behind a number of variable size.</summary>
    private static int Skip(byte[] frame, int at)
    {
        while (frame[at] >= 0x80)
            at++;
        return at + 1;
    }
}
