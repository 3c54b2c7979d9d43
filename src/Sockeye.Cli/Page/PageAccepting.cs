using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Calls <c>accept()</c> in a loop, which can be paused: clients then wait in the kernel's queue.</summary>
internal sealed class PageAccepting(IConnectionListener listener, Action<ConnectionContext> onAccepted)
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _pause;
    private Task _loop = Task.CompletedTask;

    public bool IsPaused => Volatile.Read(ref _pause) is null;

    /// <summary>Starts the loop; does nothing if it runs.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            if (_pause is not null)
                return;
            _pause = new();
            _loop = RunAsync(_loop, _pause.Token);
        }
    }

    /// <summary>Ends the loop. Does nothing if it does not run.</summary>
    public async Task PauseAsync()
    {
        CancellationTokenSource pause;
        Task loop;
        lock (_lock)
        {
            if (_pause is null)
                return;
            (pause, loop, _pause) = (_pause, _loop, null);
        }

        pause.Cancel();
        await loop;
        pause.Dispose();
    }

    private async Task RunAsync(Task before, CancellationToken pause)
    {
        await before;
        try
        {
            while (await listener.AcceptAsync(pause) is { } connection)
                onAccepted(connection);
        }
        catch (OperationCanceledException) when (pause.IsCancellationRequested)
        {
            // The queue keeps the clients that come from here on.
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The system has no descriptor left for a client. The page shows the pause, and can end it.
            lock (_lock)
            {
                if (_pause?.Token == pause)
                    _pause = null;
            }
        }
    }
}
