using System.Diagnostics.CodeAnalysis;
using Sockeye.Clustering;

namespace Sockeye;

/// <summary>The last message that a member has seen of each sending node. A client keeps it, and passes it when it joins again,
/// on any node.</summary>
/// <remarks>It is immutable.</remarks>
public sealed class GroupPosition
{
    /// <summary>The maximum number of sending nodes in the text of a position: 1,000.</summary>
    public const int MaxSenders = 1000;

    private readonly Dictionary<ulong, GroupStamp> _stamps;

    private GroupPosition(Dictionary<ulong, GroupStamp> stamps) => _stamps = stamps;

    /// <summary>Gets the position before all messages.</summary>
    public static GroupPosition Start { get; } = new([]);

    /// <summary>Gets the last message of each sending node.</summary>
    public IReadOnlyCollection<GroupStamp> Stamps => _stamps.Values;

    /// <summary>Returns a position that also includes a message. A message before the position changes nothing.</summary>
    /// <param name="stamp">The stamp of the message.</param>
    public GroupPosition Include(GroupStamp stamp)
    {
        if (_stamps.TryGetValue(stamp.Incarnation, out var last) && !IsAfter(stamp, last))
            return this;
        return new(new(_stamps) { [stamp.Incarnation] = stamp });
    }

    /// <summary>Whether a message is included.</summary>
    /// <param name="stamp">The stamp of the message.</param>
    public bool Includes(GroupStamp stamp) =>
        _stamps.TryGetValue(stamp.Incarnation, out var last) && !IsAfter(stamp, last);

    /// <summary>Returns the stamps, with commas between them. The position before all messages is an empty text.</summary>
    public override string ToString() =>
        string.Join(',', _stamps.Values.OrderBy(stamp => stamp.Incarnation).Select(stamp => stamp.ToString()));

    /// <summary>Reads the text that <see cref="ToString"/> returns.</summary>
    /// <param name="text">The text, which may come from a client.</param>
    /// <param name="position">The position.</param>
    /// <returns>False if the text is not a position, or has more than <see cref="MaxSenders"/> stamps.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out GroupPosition? position)
    {
        position = null;
        if (text is null)
            return false;
        var stamps = new Dictionary<ulong, GroupStamp>();
        foreach (var part in text.Length == 0 ? [] : text.Split(',', MaxSenders + 1))
        {
            if (stamps.Count == MaxSenders || !GroupStamp.TryParse(part, out var stamp)
                || !stamps.TryAdd(stamp.Incarnation, stamp))
            {
                return false;
            }
        }

        position = new(stamps);
        return true;
    }

    internal static GroupPosition Of(IEnumerable<GroupStamp> stamps) => new(stamps.ToDictionary(stamp => stamp.Incarnation));

    /// <summary>Returns the number of the first message of a series that is not included. The position may come from a client:
    /// the number is at most the maximum of frames.</summary>
    internal ulong FirstUnseen(ulong incarnation, uint series)
    {
        if (!_stamps.TryGetValue(incarnation, out var seen) || seen.Series < series)
            return 1;
        return seen.Series > series ? FrameReader.MaxCount : Math.Min(seen.Number, FrameReader.MaxCount - 1) + 1;
    }

    internal bool TryGet(ulong incarnation, out GroupStamp stamp) => _stamps.TryGetValue(incarnation, out stamp);

    internal GroupPosition Include(IEnumerable<GroupStamp> stamps)
    {
        var merged = new Dictionary<ulong, GroupStamp>(_stamps);
        foreach (var stamp in stamps)
        {
            if (!merged.TryGetValue(stamp.Incarnation, out var last) || IsAfter(stamp, last))
                merged[stamp.Incarnation] = stamp;
        }

        return new(merged);
    }

    private static bool IsAfter(GroupStamp stamp, GroupStamp other) =>
        stamp.Series != other.Series ? stamp.Series > other.Series : stamp.Number > other.Number;
}
