using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Limits the clients that are served at a time. A client without requests never locks out another one.</summary>
/// <remarks>
/// The clients are in a list, ordered by the time at which they were accepted or last answered. When there are more than
/// <see cref="SoftLimit"/>, the first in the list are reset, unless they have been there for less than <see cref="Grace"/>,
/// because a request needs time to arrive. Above <see cref="HardLimit"/>, only the order counts. So half requests, unread
/// responses, silence and trickling bytes all have the same effect.
/// </remarks>
/// <param name="time">The clock of <see cref="Grace"/>.</param>
/// <param name="onEvicted">Called for each client that is reset.</param>
internal sealed class HttpClientLimit(TimeProvider time, Action<ConnectionContext> onEvicted)
{
    public const int SoftLimit = 64;
    public const int HardLimit = 256;

    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<Client> _clients = [];

    /// <summary>Takes a client. The caller calls <see cref="OnAnswered"/>.</summary>
    public LinkedListNode<Client> Enter(ConnectionContext connection)
    {
        LinkedListNode<Client> node = new(new(connection, time.GetTimestamp()));
        List<Client> evicted = [];
        lock (_lock)
        {
            if (_clients.Count >= SoftLimit)
                RemoveEnded();
            _clients.AddLast(node);
            while (_clients.Count > SoftLimit && _clients.First!.Value is var first
                && (_clients.Count > HardLimit || time.GetElapsedTime(first.Since) >= Grace))
            {
                _clients.RemoveFirst();
                evicted.Add(first);
            }
        }

        foreach (var client in evicted)
        {
            Debug.Assert(client.Connection != connection, "The newest client is the last in the list.");
            onEvicted(client.Connection);
            client.Connection.Abort(new ConnectionAbortedException(
                "the page made room for another client, and this one had waited longest since its last answer"));
        }

        return node;
    }

    /// <summary>Moves a client that has been answered to the end of the list.</summary>
    public void OnAnswered(LinkedListNode<Client> node)
    {
        lock (_lock)
        {
            if (node.List is null)
                return; // The client has been reset.
            _clients.Remove(node);
            node.Value = node.Value with { Since = time.GetTimestamp() };
            _clients.AddLast(node);
        }
    }

    /// <summary>Returns whether a connection has ended, which may be long after the last response. The end is polled, because its
    /// notification runs on the thread pool, which may have no free thread.</summary>
    private static bool HasEnded(ConnectionContext connection) =>
        connection.Features.Get<IConnectionProgressFeature>() is { HasEnded: true };

    private void RemoveEnded()
    {
        for (var node = _clients.First; node is not null;)
        {
            var next = node.Next;
            if (HasEnded(node.Value.Connection))
                _clients.Remove(node);
            node = next;
        }
    }

    /// <param name="Connection">The client's connection.</param>
    /// <param name="Since">The time at which the client was accepted or last answered.</param>
    internal readonly record struct Client(ConnectionContext Connection, long Since);
}
