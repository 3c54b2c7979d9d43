using System.Globalization;

namespace Sockeye.Fleet.Nodes;

/// <summary>The results of the lines that a node has sent to users.</summary>
/// <param name="Lines">All lines whose result is known.</param>
/// <param name="Absent">Those for a user that had no connection, as far as the node knows.</param>
/// <param name="Failed">Those that a connection refused, or whose queue was full.</param>
/// <param name="Unanswered">Those that a node has not answered in time.</param>
internal readonly record struct SendCounts(long Lines, long Absent, long Failed, long Unanswered)
{
    /// <summary>The results that are not that each line is queued, as a phrase; null if there are none.</summary>
    public string? Fault => Absent == 0 && Failed == 0 && Unanswered == 0
        ? null
        : $"of {Lines} results, {Absent} were for users without a connection, {Failed} failed, and {Unanswered} came from fewer nodes than were asked";

    public static SendCounts Parse(string text)
    {
        var numbers = text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(number => long.Parse(number, CultureInfo.InvariantCulture)).ToList();
        return numbers is [var lines, var absent, var failed, var unanswered]
            ? new(lines, absent, failed, unanswered)
            : throw new InvalidDataException($"A node answered \"{text}\", which is not four numbers.");
    }

    public static SendCounts operator -(SendCounts left, SendCounts right) => new(
        left.Lines - right.Lines, left.Absent - right.Absent, left.Failed - right.Failed, left.Unanswered - right.Unanswered);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Lines} {Absent} {Failed} {Unanswered}");
}
