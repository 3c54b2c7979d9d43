using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Admin;

/// <summary>The clients that are served at a time. One that keeps its place without asking for anything never keeps another
/// out.</summary>
/// <remarks>
/// Each stands in a row, in the order in which it was accepted or last answered. When more than <see cref="Count"/> are there,
/// the first in the row are reset, unless they have been there for less than <see cref="Grace"/>: a request needs a moment to
/// arrive. Above <see cref="Most"/> nothing counts but the order. So half requests, answers that are not read and silence end in
/// the same way, and bytes that trickle in gain nothing.
/// </remarks>
/// <param name="time">The clock of <see cref="Grace"/>.</param>
/// <param name="onEvicted">Called for each that loses its place.</param>
internal sealed class HttpPlaces(TimeProvider time, Action<ConnectionContext> onEvicted)
{
    public const int Count = 64;
    public const int Most = 256;

    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly LinkedList<Place> _row = [];

    /// <summary>Takes a place. The caller calls <see cref="OnAnswered"/>.</summary>
    public LinkedListNode<Place> Enter(ConnectionContext connection)
    {
        LinkedListNode<Place> node = new(new(connection, time.GetTimestamp()));
        List<Place> evicted = [];
        lock (_lock)
        {
            if (_row.Count >= Count)
                RemoveEnded();
            _row.AddLast(node);
            while (_row.Count > Count && _row.First!.Value is var first
                && (_row.Count > Most || time.GetElapsedTime(first.Since) >= Grace))
            {
                _row.RemoveFirst();
                evicted.Add(first);
            }
        }

        foreach (var place in evicted)
        {
            Debug.Assert(place.Connection != connection, "The one that has just come is the last in the row.");
            onEvicted(place.Connection);
            place.Connection.Abort(new ConnectionAbortedException(
                "the page needed the place for another client, and none had gone longer without an answer"));
        }

        return node;
    }

    /// <summary>The client has got an answer: it goes to the end of the row.</summary>
    public void OnAnswered(LinkedListNode<Place> node)
    {
        lock (_lock)
        {
            if (node.List is null)
                return; // It has lost its place meanwhile.
            _row.Remove(node);
            node.Value = node.Value with { Since = time.GetTimestamp() };
            _row.AddLast(node);
        }
    }

    /// <summary>A place lasts until the connection is closed, which may be long after the last answer. Asked for when it matters:
    /// what tells of the end runs on the thread pool, which may have no thread.</summary>
    private static bool HasEnded(ConnectionContext connection) =>
        connection.Features.Get<IConnectionProgressFeature>() is { HasEnded: true };

    private void RemoveEnded()
    {
        for (var node = _row.First; node is not null;)
        {
            var next = node.Next;
            if (HasEnded(node.Value.Connection))
                _row.Remove(node);
            node = next;
        }
    }

    /// <param name="Connection">The client's.</param>
    /// <param name="Since">When it was accepted or last answered.</param>
    internal readonly record struct Place(ConnectionContext Connection, long Since);
}
