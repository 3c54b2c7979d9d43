using Microsoft.Win32.SafeHandles;

namespace Sockeye;

/// <summary>Continues the connections that were in the descriptor store of systemd.</summary>
/// <param name="notifier">The notifier.</param>
/// <param name="log">The log.</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionRestorer(SystemdNotifier notifier, ConnectionStoreLog log, TimeProvider time)
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private int _restored;
    private TimeSpan _maxPause;

    /// <summary>Returns the number of connections that continue. The others are closed.</summary>
    public async Task<int> RestoreAsync(SystemdSockets sockets, IReadOnlyList<SockeyeServer> servers)
    {
        var stored = sockets.TakeConnections();
        if (stored.Count == 0)
            return 0;
        Dictionary<ulong, SystemdSocket> connections = [];
        foreach (var one in stored)
        {
            if (one.Cookie is { } cookie)
                connections.TryAdd(cookie, one); // A second descriptor of a socket is closed at the end.
        }

        try
        {
            if (await TryRemoveAsync())
            {
                await ContinueAllAsync(stored, connections, servers);
                foreach (var left in connections.Values)
                    log.LogClosed($"{left}", "its state is not there");
            }
            else
            {
                log.LogClosed(
                    SentenceText.Count(connections.Count, "connection"),
                    "systemd has not confirmed that it has removed its descriptors, so that a later process could continue from "
                        + "a state that is old by then");
            }
        }
        finally
        {
            foreach (var one in stored)
                one.Handle.Dispose(); // Has no effect on a connection that continues, which has the descriptor.
        }

        return _restored;
    }

    /// <summary>Removes the connections from the store before one of them is served: their states are old then, and a process
    /// that starts after a crash must not get them.</summary>
    private async Task<bool> TryRemoveAsync()
    {
        using var deadline = new CancellationTokenSource(ConnectionSaver.ConfirmationTimeout, time);
        return await notifier.RemoveSurelyAsync(SystemdConnectionStore.Name, time, deadline.Token)
            && await notifier.BarrierAsync(ConnectionSaver.ConfirmationTimeout, time);
    }

    private async Task ContinueAllAsync(
        IReadOnlyList<SystemdSocket> stored, Dictionary<ulong, SystemdSocket> connections, IReadOnlyList<SockeyeServer> servers)
    {
        List<Task> continuing = [];
        var gone = 0; // systemd closes the socket of a connection that its peer has reset.
        foreach (var states in stored.Where(one => one.Cookie is null))
        {
            foreach (var connection in Read(states))
            {
                if (connections.Remove(connection.Cookie, out var socket))
                    continuing.Add(ContinueAsync(connection, socket.Handle, servers));
                else
                    gone++;
            }
        }

        await Task.WhenAll(continuing).WaitAsync(StartTimeout, time).WithoutThrowing();
        lock (_lock)
            log.LogRestored(_restored, _maxPause, gone);
    }

    private IReadOnlyList<StoredConnection> Read(SystemdSocket states)
    {
        try
        {
            return StoredConnections.Read(SealedMemory.Read(states.Handle, StoredConnections.MaxLength));
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            log.LogClosed($"{states}", SentenceText.TrimFullStop(e.Message));
            return [];
        }
    }

    private async Task ContinueAsync(StoredConnection stored, SafeFileHandle socket, IReadOnlyList<SockeyeServer> servers)
    {
        var what = "A connection";
        try
        {
            var pause = time.GetElapsedTime(0) - stored.StoppedAt;
            pause = pause < TimeSpan.Zero ? TimeSpan.Zero : pause;
            var snapshot = ConnectionSnapshot.Parse(stored.State.Span);
            what = snapshot.ConnectionId;
            // Its clocks of idle times continue where they were: the peer could not be heard meanwhile.
            snapshot = snapshot with { Age = snapshot.Age + pause };
            var server = servers.FirstOrDefault(server => server.FindRefusal(snapshot) is null);
            var refusal = server is null
                ? servers.Select(server => server.FindRefusal(snapshot)).FirstOrDefault()
                    ?? new(MoveRefusalKind.NotAccepted, "no server runs")
                : await server.AttachAsync(snapshot, socket);
            if (refusal is not null)
            {
                log.LogClosed(what, refusal.Description);
                return;
            }

            ServerMetrics.OnMoved(pause);
            lock (_lock)
            {
                _restored++;
                _maxPause = pause > _maxPause ? pause : _maxPause;
            }
        }
        catch (Exception error)
        {
            log.LogClosed(what, SentenceText.TrimFullStop(OutsideCode.GetMessage(error)));
        }
    }
}
