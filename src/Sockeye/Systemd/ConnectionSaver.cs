using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>Sends the connections of servers that are about to stop to the descriptor store of systemd, in batches.</summary>
/// <param name="notifier">The notifier.</param>
/// <param name="log">The log.</param>
/// <param name="time">The clock.</param>
/// <param name="free">The number of descriptors for which the store has room.</param>
internal sealed class ConnectionSaver(SystemdNotifier notifier, ConnectionStoreLog log, TimeProvider time, int free)
{
    /// <summary>The time that systemd has to take a batch. It is busy while the machine starts.</summary>
    public static readonly TimeSpan ConfirmationTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A batch is sent when its states have this size, so that one more state does not exceed the maximum.</summary>
    private const int FullSize = StoredConnections.MaxLength - ConnectionSnapshot.MaxLength - (1 << 20);

    private static readonly DetachOptions Detaching = new() { FreezeTimeout = TimeSpan.FromSeconds(1) };

    private readonly List<Saved> _batch = [];
    private int _batchSize;
    private int _used;
    private int _stored;

    /// <summary>Returns the number of connections that are stored. The others are served as before.</summary>
    public async Task<int> SaveAsync(IReadOnlyList<SockeyeServer> servers, CancellationToken cancellationToken)
    {
        try
        {
            await SaveAllAsync(servers, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The stop is in a hurry. What pauses by now is stored.
        }
        finally
        {
            await SendAsync();
        }

        log.LogStored(_stored, servers.Sum(server => server.StayingCount));
        return _stored;
    }

    private async Task SaveAllAsync(IReadOnlyList<SockeyeServer> servers, CancellationToken cancellationToken)
    {
        foreach (var server in servers)
        {
            using var reloads = await server.BlockReloadsAsync(cancellationToken); // A takeover does so, too, and ends first.
            if (server.IsHandedOver)
                continue; // The process that serves will not take anything from the store.
            await server.StopAcceptingAsync(); // Clients wait in the accept queue, if that is stored.
            await foreach (var connection in server.DetachConnectionsAsync(Detaching, cancellationToken))
            {
                if (!await TryAddAsync(connection))
                    return;
            }
        }
    }

    /// <summary>Adds a connection to the batch, and sends it when it is full. Returns false if the store has no room, or does not
    /// answer.</summary>
    private async Task<bool> TryAddAsync(DetachedConnection connection)
    {
        var needed = _batch.Count == 0 ? 2 : 1; // The file with the states, too.
        if (_used + needed > free)
        {
            log.LogFull(free);
            await connection.DisposeAsync();
            return false;
        }

        if (await TryCreateAsync(connection) is not { } saved)
            return true;
        _used += needed;
        _batch.Add(saved);
        _batchSize += saved.Stored.State.Length + StoredConnections.Overhead;
        return (_batch.Count < DescriptorMessage.MaxDescriptors && _batchSize < FullSize) || await SendAsync();
    }

    /// <summary>Returns null for a connection that cannot travel, which is served as before.</summary>
    private async Task<Saved?> TryCreateAsync(DetachedConnection connection)
    {
        try
        {
            var state = connection.Snapshot.ToArray();
            var handle = connection.DuplicateHandle();
            if (SocketCookie.Read(handle) is { } cookie)
                return new(connection, handle, new(cookie, time.GetElapsedTime(0) - connection.FrozenFor, state));
            handle.Dispose();
        }
        catch (Exception e) when (e is InvalidOperationException or SocketException)
        {
            log.LogNotSent(1, SentenceText.TrimFullStop(e.Message)); // Its state is too large, or no descriptor is left.
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <summary>Returns whether the store answers.</summary>
    private async Task<bool> SendAsync()
    {
        if (_batch.Count == 0)
            return true;
        var isSent = await TrySendAsync();
        var isConfirmed = isSent && await notifier.BarrierAsync(ConfirmationTimeout, time);
        // The store may have those that were sent, and the next process continues them: they must not be served here.
        if (isSent && !isConfirmed)
            log.LogUnconfirmed(ConfirmationTimeout, _batch.Count);
        await Task.WhenAll(_batch.Select(one => isSent ? one.Connection.CompleteAsync() : one.Connection.ReturnAsync()));
        _stored += isSent ? _batch.Count : 0;
        _batch.ForEach(one => one.Handle.Dispose());
        _batch.Clear();
        _batchSize = 0;
        return isConfirmed;
    }

    private async Task<bool> TrySendAsync()
    {
        var problem = "systemd does not take its message";
        try
        {
            using var deadline = new CancellationTokenSource(ConfirmationTimeout, time);
            using var states = SealedMemory.Create(
                SystemdConnectionStore.Name, StoredConnections.Write([.. _batch.Select(one => one.Stored)]));
            // First the states, so that a store that becomes full has no sockets without one.
            if (await notifier.StoreSurelyAsync(SystemdConnectionStore.Name, [states], time, deadline.Token)
                && await notifier.StoreSurelyAsync(
                    SystemdConnectionStore.Name, [.. _batch.Select(one => one.Handle)], time, deadline.Token))
                return true;
        }
        catch (IOException e)
        {
            problem = SentenceText.TrimFullStop(e.Message);
        }

        log.LogNotSent(_batch.Count, problem);
        return false;
    }

    private sealed record Saved(DetachedConnection Connection, SafeHandle Handle, StoredConnection Stored);
}
