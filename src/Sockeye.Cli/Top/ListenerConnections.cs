namespace Sockeye.Cli;

/// <summary>Counts the connections of each listener, by its address and port.</summary>
internal sealed class ListenerConnections
{
    private readonly Dictionary<SocketName, int> _counts = [];

    public void Begin(IReadOnlyList<SocketEntry> listeners)
    {
        _counts.Clear();
        foreach (var listener in listeners)
            _counts[GetKey(listener.Local)] = 0;
    }

    /// <summary>Counts a connection, if it is one of a listener: of its own address, or else of every address.</summary>
    public void Add(SocketName local)
    {
        foreach (var name in (ReadOnlySpan<SocketName>)
            [GetKey(local), SocketName.Any(local.Port, local.IsIPv4), SocketName.Any(local.Port, isIPv4: false)])
        {
            if (!_counts.TryGetValue(name, out var count))
                continue;
            _counts[name] = count + 1;
            return;
        }
    }

    public int Get(SocketName listener) => _counts.GetValueOrDefault(GetKey(listener));

    /// <summary>The kernel gives a connection the interface of its address, and a listener only one that it is bound
    /// to.</summary>
    private static SocketName GetKey(SocketName name) => name with { Interface = 0 };
}
