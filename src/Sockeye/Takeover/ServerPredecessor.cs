using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>A server that gives its listeners to another process.</summary>
/// <param name="server">The server.</param>
/// <param name="socket">The socket by which processes take over.</param>
internal sealed class ServerPredecessor(SockeyeServer server, TakeoverSocket socket) : IPredecessorServer, IAsyncDisposable
{
    /// <summary>So few that their states fit into the buffers of the system, and their pause is short.</summary>
    private const int MaxBatch = 16;

    /// <summary>Few connections pause while a batch is on its way. On a busy machine, a longer pause is better than an end: what
    /// stays is drained.</summary>
    private static readonly DetachOptions Detaching = new() { MaxConcurrency = 8, FreezeTimeout = TimeSpan.FromSeconds(1) };

    private readonly List<IDisposable> _owned = [];
    private readonly List<Task> _settling = [];
    private IAsyncEnumerator<DetachedConnection>? _detaching;
    private Task<bool>? _next;
    private CancellationTokenSource? _ending;
    private Task? _ended;
    private IReadOnlyList<InheritedListener> _shared = [];

    /// <summary>Whether the successor has descriptors of the listeners.</summary>
    public bool HasShared => _shared.Count > 0;

    public int ListenerCount => _shared.Count;

    public IReadOnlyList<HandedListener> GetListeners()
    {
        _shared = server.ShareListeners();
        _owned.AddRange(_shared);
        List<HandedListener> handed =
        [
            .. _shared.Index().SelectMany(one => one.Item.Descriptors.Select(descriptor => new HandedListener(
                one.Item.Name!, one.Index, HandedListenerRole.Clients, descriptor.OwnsFile, descriptor.Handle))),
        ];
        var takeover = socket.CreateDescriptor();
        _owned.Add(takeover);
        handed.Add(new("", _shared.Count, HandedListenerRole.Takeover, takeover.OwnsFile, takeover.Handle));
        return handed;
    }

    public Task StopAcceptingAsync() => server.StopAcceptingAsync();

    public Task ResumeAcceptingAsync() => server.ResumeAcceptingAsync(_shared);

    public async Task<IReadOnlyList<OutgoingConnection>> DetachAsync(CancellationToken cancellationToken)
    {
        if (_detaching is null)
        {
            _ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _detaching = server.DetachConnectionsAsync(Detaching, _ending.Token).GetAsyncEnumerator(CancellationToken.None);
        }

        List<Outgoing> batch = [];
        try
        {
            while (batch.Count < MaxBatch)
            {
                _next ??= _detaching.MoveNextAsync().AsTask();
                if (batch.Count > 0 && !_next.IsCompleted)
                    break; // Those of the batch are paused, and do not wait for others.
                if (!await _next)
                    break;
                _next = null;
                if (await TryCreateAsync(_detaching.Current) is { } connection)
                    batch.Add(connection);
            }

            return batch;
        }
        catch
        {
            batch.ForEach(connection => TakeBack(connection, null));
            throw;
        }
    }

    public void StopDetaching() => _ended ??= EndDetachingAsync();

    public void TakeBack(OutgoingConnection connection, string? reason) =>
        _settling.Add(SettleAsync(connection, ((Outgoing)connection).Detached.ReturnAsync));

    public void Forget(OutgoingConnection connection) =>
        _settling.Add(SettleAsync(connection, ((Outgoing)connection).Detached.CompleteAsync));

    /// <summary>Returns the number of connections that stay, when those that moved have left.</summary>
    public async Task<int> CountStayingAsync()
    {
        await Task.WhenAll(_settling);
        return server.StayingCount;
    }

    /// <summary>Closes the descriptors that were made for the successor.</summary>
    public async ValueTask DisposeAsync()
    {
        StopDetaching();
        _owned.ForEach(one => one.Dispose());
        await Task.WhenAll([_ended!, .. _settling]);
        _ending?.Dispose();
    }

    /// <summary>Returns the connections that no batch has to their handlers.</summary>
    private async Task EndDetachingAsync()
    {
        if (_detaching is null)
            return;
        _ending!.Cancel();
        try
        {
            // The next one may have been taken just before.
            if (_next is not null && await _next)
                await _detaching.Current.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // None was taken.
        }

        await _detaching.DisposeAsync();
    }

    private static async Task SettleAsync(OutgoingConnection connection, Func<Task> settle)
    {
        await settle();
        connection.Handle.Dispose();
    }

    /// <summary>Returns null for a connection that cannot travel, which is served as before.</summary>
    private static async Task<Outgoing?> TryCreateAsync(DetachedConnection detached)
    {
        try
        {
            var state = detached.Snapshot.ToArray();
            if (state.Length <= TakeoverFormat.MaxStateLength)
                return new(detached, detached.DuplicateHandle(), state);
        }
        catch (Exception e) when (e is InvalidOperationException or SocketException)
        {
            // Its state is too large, or no descriptor is left.
        }

        await detached.DisposeAsync();
        return null;
    }

    private sealed class Outgoing(DetachedConnection detached, SafeHandle handle, byte[] state)
        : OutgoingConnection(handle, state)
    {
        public DetachedConnection Detached => detached;

        public override TimeSpan StoodStill => detached.FrozenFor;
    }
}
