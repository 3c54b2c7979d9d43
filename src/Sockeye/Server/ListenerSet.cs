using System.Diagnostics;

namespace Sockeye;

/// <summary>The listeners of a server: the active ones, and those that a reload removed while they had connections.</summary>
/// <remarks>Readers see one consistent state: a listener that moves from one list to the other is never missing.</remarks>
internal sealed class ListenerSet
{
    private readonly Lock _lock = new();
    private volatile State _state = new([], []);

    /// <summary>The listeners of the current options, in their order.</summary>
    public IReadOnlyList<ActiveListener> Active => _state.Active;

    /// <summary>The listeners that a reload removed, until their connections are closed.</summary>
    public IReadOnlyList<ActiveListener> Draining => _state.Draining;

    public IReadOnlyList<ActiveListener> All
    {
        get
        {
            var (active, draining) = _state;
            return draining.Count == 0 ? active : [.. active, .. draining];
        }
    }

    /// <summary>Returns the connections of these listeners in the order in which they were accepted.</summary>
    public static IEnumerable<ServerConnection> InOrder(IEnumerable<ActiveListener> listeners) =>
        listeners.SelectMany(listener => listener.Connections).OrderBy(connection => connection.Sequence);

    /// <summary>Replaces the active listeners; the previous ones that are not among them drain.</summary>
    public void Replace(IReadOnlyList<ActiveListener> active)
    {
        lock (_lock)
        {
            Debug.Assert(!active.Intersect(_state.Draining).Any(), "A removed listener never returns.");
            _state = new(active, [.. _state.Draining, .. _state.Active.Except(active)]);
        }
    }

    /// <summary>Removes a listener that has drained.</summary>
    public void Remove(ActiveListener drained)
    {
        lock (_lock)
        {
            Debug.Assert(_state.Draining.Contains(drained), "Only a draining listener is removed.");
            _state = _state with { Draining = [.. _state.Draining.Where(listener => listener != drained)] };
        }
    }

    private sealed record State(IReadOnlyList<ActiveListener> Active, IReadOnlyList<ActiveListener> Draining);
}
