using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Listening sockets that exist before the server starts, until its endpoints take them.</summary>
/// <param name="listeners">The sockets, which this object owns: a listener has its own descriptors.</param>
internal sealed class InheritedListeners(IReadOnlyList<InheritedListener> listeners) : IDisposable
{
    private readonly List<InheritedListener> _left = [.. listeners];

    /// <summary>The listeners that no endpoint has taken.</summary>
    public IReadOnlyList<InheritedListener> Left => _left;

    /// <summary>The number of listeners that endpoints have taken.</summary>
    public int TakenCount => listeners.Count - _left.Count;

    /// <summary>Returns the sockets of an endpoint; null if there are none.</summary>
    /// <param name="listen">The endpoint, by whose name sockets with port 0 are found.</param>
    /// <param name="endpoint">The address to bind. Localhost has two.</param>
    public InheritedListener? Take(ListenOptions listen, EndPoint endpoint)
    {
        var name = listen.ToString();
        var taken = _left.Find(one => one.Name == name && one.Family == endpoint.AddressFamily)
            ?? _left.Find(one => one.EndPoint.Equals(endpoint));
        if (taken is not null)
            _left.Remove(taken);
        return taken;
    }

    /// <summary>Makes the sockets of an endpoint available, after it could not listen on them.</summary>
    public void Return(InheritedListener listener) => _left.Add(listener);

    /// <summary>Closes the descriptors.</summary>
    public void Dispose()
    {
        foreach (var listener in listeners)
            listener.Dispose();
    }
}

/// <summary>The sockets of one listener.</summary>
/// <param name="name">The endpoint as it was configured; null if only its address is known.</param>
/// <param name="descriptors">The sockets, at least one.</param>
/// <param name="family">The family of the address that the endpoint would bind. Null: that of the sockets.</param>
internal sealed class InheritedListener(
    string? name, IReadOnlyList<ListeningDescriptor> descriptors, AddressFamily? family = null) : IDisposable
{
    public string? Name => name;

    public AddressFamily Family => family ?? EndPoint.AddressFamily;

    /// <summary>Called when a server listens on the sockets, with its log.</summary>
    public Action<ILogger>? OnAttached { get; init; }

    public IReadOnlyList<ListeningDescriptor> Descriptors => descriptors;

    public EndPoint EndPoint => descriptors[0].EndPoint;

    public void Dispose()
    {
        foreach (var descriptor in descriptors)
            descriptor.Dispose();
    }
}
