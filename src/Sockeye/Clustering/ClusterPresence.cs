using System.Runtime.CompilerServices;
using Sockeye.Clustering;

namespace Sockeye;

/// <summary>The connections that are there, on all nodes: the members of a group
/// (<see cref="ClusterGroup{TMessage}.Presence"/>), or the connections of a user
/// (<see cref="Cluster.GetUserPresence"/>).</summary>
/// <remarks>
/// Nothing is exchanged between nodes before a program asks. All members are safe to call concurrently.
/// </remarks>
public sealed class ClusterPresence
{
    private const int MaxUnread = 10_000;

    private readonly ClusterParts _parts;
    private readonly string _key;

    internal ClusterPresence(ClusterParts parts, string key) => (_parts, _key) = (parts, key);

    /// <summary>Gets the number of members on this node.</summary>
    public int LocalCount => _parts.Presence.Count(_key);

    /// <summary>Counts the members on all nodes: asks each of them, with one short message.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<PresenceCount> CountAsync(CancellationToken cancellationToken = default)
    {
        var count = (long)LocalCount;
        var others = _parts.Nodes.Up;
        var answers = await Task.WhenAll(others.Select(node => _parts.Queries.CountAsync(node, _key, cancellationToken)));
        List<ClusterNode> missing = [];
        for (var i = 0; i < answers.Length; i++)
        {
            count += answers[i] ?? 0;
            if (answers[i] is null)
                missing.Add(others[i]);
        }

        return new(count, missing);
    }

    /// <summary>Lists the members, node by node, in the order in which they joined. A member that joins or leaves during the
    /// enumeration may be in it or not.</summary>
    /// <param name="pageSize">The number of members that a node sends at a time. Range: 1 to 10,000.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    /// <exception cref="IOException">A node has not answered; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IAsyncEnumerable<ClusterMember> ListAsync(int pageSize = 1000, CancellationToken cancellationToken = default) =>
        ListPagesAsync(OptionChecks.InRange(pageSize, 1, 10_000, nameof(pageSize)), cancellationToken);

    /// <summary>Follows the members on all nodes: first those that are there, as joined, then each change, until it is cancelled.
    /// </summary>
    /// <remarks>A change on another node arrives with one message; one that is lost is noticed with the next beat. After a
    /// partition has healed, the members are right within <see cref="ClusterOptions.BeatInterval"/> twice. A reader that leaves
    /// 10,000 changes unread gets <see cref="PresenceChangeKind.Reset"/>, and all members again.</remarks>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<PresenceChange> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var watch = new PresenceWatch(MaxUnread);
        using var registration = _parts.Presence.Watch(
            _key, (node, isAdded, id, user) => watch.Add(Change(isAdded, node, id, user)));
        while (true)
        {
            while (watch.TryTake(out var change, out var hasOverflown) || hasOverflown)
            {
                if (!hasOverflown)
                {
                    yield return change;
                    continue;
                }

                yield return new(PresenceChangeKind.Reset, null);
                foreach (var (node, id, user) in _parts.Presence.Restart(watch, _key))
                    yield return Change(isAdded: true, node, id, user);
            }

            await watch.WaitAsync(cancellationToken);
        }
    }

    private static PresenceChange Change(bool isAdded, ClusterNode node, string id, string? user) => new(
        isAdded ? PresenceChangeKind.Joined : PresenceChangeKind.Left, new(ConnectionIds.Format(id, node), user, node));

    private async IAsyncEnumerable<ClusterMember> ListPagesAsync(
        int pageSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var node in _parts.Nodes.Up.Prepend(_parts.Link.Self))
        {
            for (var after = 0L; ;)
            {
                if (await _parts.Queries.GetPageAsync(node, _key, after, pageSize, cancellationToken) is not var (members, next))
                    throw new IOException($"Node {node} has not answered with its members: it may be lost. List them again.");
                foreach (var member in members)
                    yield return member;
                if (next == 0)
                    break;
                after = next;
            }
        }
    }
}
