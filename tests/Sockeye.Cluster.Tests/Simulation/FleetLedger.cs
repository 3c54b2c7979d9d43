using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>What was sent, and what nodes heard and missed. It knows what a member must have received.</summary>
internal sealed class FleetLedger(SimulatedNetwork network)
{
    private readonly Dictionary<(string Group, ulong Sender), List<SentMessage>> _sent = [];

    public int Count { get; private set; }

    public void OnSent(string group, GroupStamp stamp)
    {
        if (!_sent.TryGetValue((group, stamp.Incarnation), out var list))
            _sent.Add((group, stamp.Incarnation), list = []);
        list.Add(new(stamp, network.Elapsed));
        Count++;
    }

    /// <summary>Checks one member at the end: each message that was for it was received, or is reported to be missing.</summary>
    public void Check(FleetClient client, string group, IReadOnlyCollection<ulong> senders)
    {
        var (residence, node) = (client.Residences[group].Last(), client.Residences[group].Last().Node);
        foreach (var sender in senders)
        {
            if (!_sent.TryGetValue((group, sender), out var messages))
                continue;
            foreach (var message in messages)
            {
                var isPromised = residence.Answered.Contains(sender)
                    || node.HasHeardBetween(sender, group, residence.JoinedAt, message.At) || sender == node.Self.Incarnation;
                if (!isPromised || client.Received[group].Contains(message.Stamp))
                    continue;
                if (residence.Seen.Includes(message.Stamp))
                    continue; // It was missed before, which its report at that time said.
                if (!residence.Result.Missing.Any(gap => Covers(gap, message.Stamp))
                    && !node.Gaps.Any(gap => gap.Group == group && Covers(gap, message.Stamp)))
                {
                    throw new FleetException(
                        $"{client.Name} on {node.Self} never received {message.Stamp} of {message.At} in {group}, and nothing "
                        + $"says so: it joined at {residence.JoinedAt} since [{residence.Since}], and was at "
                        + $"[{residence.Result.Position}], missing {string.Join("; ", residence.Result.Missing)}; answered: "
                        + $"{residence.Answered.Contains(sender)}; gaps of the node: {string.Join("; ", node.Gaps)}");
                }
            }
        }
    }

    private static bool Covers(GroupGap gap, GroupStamp stamp) =>
        gap.First.Incarnation == stamp.Incarnation
        && (gap.Count == 0
            || (gap.First.Series == stamp.Series && stamp.Number >= gap.First.Number
                && stamp.Number - gap.First.Number < (ulong)gap.Count));

    private readonly record struct SentMessage(GroupStamp Stamp, TimeSpan At);
}

internal sealed class FleetException(string message) : Exception(message);
