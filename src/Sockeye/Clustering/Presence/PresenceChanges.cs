namespace Sockeye.Clustering;

/// <summary>The start of a frame with changes of a set of presence.</summary>
/// <remarks>
/// <code>
///  Follow   key: text  version  asked: numbers
///  Changes  key: text  flags: 1 byte  from  to  asked: numbers  { isAdded: 1 byte  item } …
/// </code>
/// A snapshot is split over several frames: <see cref="First"/> clears, <see cref="Last"/> completes, and has the number of all
/// items in place of the version before. Versions of one node grow over all of its sets, so that a set that was empty and comes
/// back has another version. An answer repeats the time at which the follower asked, on the clock of the follower: then or later,
/// the set was as the answer says. It is 0 in changes that were not asked for.
/// </remarks>
internal readonly record struct PresenceChanges(string Key, byte Flags, ulong From, ulong To, ulong Asked)
{
    public const byte Snapshot = 1;
    public const byte First = 2;
    public const byte Last = 4;

    public bool IsSnapshot => (Flags & Snapshot) != 0;

    public bool IsFirst => (Flags & First) != 0;

    public bool IsLast => (Flags & Last) != 0;

    public static PresenceChanges Read(ref FrameReader frame) =>
        new(frame.ReadText(), frame.ReadByte(), frame.ReadNumber(), frame.ReadNumber(), frame.ReadNumber());

    public FrameWriter Write(ClusterLink link, PooledBuffer frame)
    {
        var writer = link.Begin(frame, FrameKind.Changes);
        writer.WriteText(Key);
        writer.WriteByte(Flags);
        writer.WriteNumber(From);
        writer.WriteNumber(To);
        writer.WriteNumber(Asked);
        return writer;
    }
}
