namespace Sockeye;

/// <summary>Compares the endpoints of a reload with those of the running server, by requested or bound address.</summary>
internal sealed class ListenerDiff
{
    private readonly Dictionary<ListenOptions, List<ActiveListener>> _kept = [];

    public ListenerDiff(IReadOnlyList<ActiveListener> running, IReadOnlyList<ListenOptions> wanted)
    {
        // A listener that ended by itself is bound again. Both listeners of localhost are kept, or both are removed.
        var before = running.GroupBy(listener => listener.Configuration.Options)
            .Where(group => group.All(listener => !listener.AcceptsNoMore)).ToList();
        foreach (Func<IGrouping<ListenOptions, ActiveListener>, ListenOptions, bool> isSame in Sameness)
        {
            foreach (var listen in wanted.Where(listen => !_kept.ContainsKey(listen)))
            {
                if (before.Find(group => isSame(group, listen)) is not { } same)
                    continue;
                before.Remove(same);
                _kept.Add(listen, [.. same]);
            }
        }

        Added = [.. wanted.Where(listen => !_kept.ContainsKey(listen))];
        var kept = _kept.Values.SelectMany(listeners => listeners).ToHashSet();
        Removed = [.. running.Where(listener => !kept.Contains(listener))];
    }

    /// <summary>The endpoints to bind.</summary>
    public IReadOnlyList<ListenOptions> Added { get; }

    public IReadOnlyList<ActiveListener> Removed { get; }

    private static Func<IGrouping<ListenOptions, ActiveListener>, ListenOptions, bool>[] Sameness =>
    [
        // Port 0 keeps its bound port. The first of several such endpoints matches the first.
        (group, listen) => group.Key.IsLocalhost == listen.IsLocalhost && group.Key.EndPoint.Equals(listen.EndPoint),
        (group, listen) => group.Key.IsLocalhost == listen.IsLocalhost
            && group.First().EndPoint.Equals(listen.EndPoint),
    ];

    /// <summary>Returns the listeners that already serve this endpoint; none if it has to be bound.</summary>
    public IReadOnlyList<ActiveListener> GetKept(ListenOptions listen) => _kept.GetValueOrDefault(listen) ?? [];

    /// <summary>Refuses an added endpoint that needs the port of a removed one: a reload binds before it unbinds, so that it can
    /// fail without harm.</summary>
    public void ThrowIfInConflict()
    {
        foreach (var removed in Removed.Where(listener => !listener.AcceptsNoMore))
        {
            foreach (var added in Added.Where(added => ListenValidation.Overlaps(added, removed.EndPoint)))
            {
                throw new InvalidOperationException(
                    $"{added} cannot be bound while {removed.EndPoint} is: a reload unbinds last, so that it can fail "
                        + "without harm. Remove the one in a first reload and add the other in a second.");
            }
        }
    }
}
