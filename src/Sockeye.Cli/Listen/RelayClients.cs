using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The clients that receive standard input; they connect and disconnect at any time.</summary>
internal sealed class RelayClients(ErrorLines errors) : IInputReceivers
{
    private readonly Lock _lock = new();
    private readonly HashSet<InputReceiver> _clients = [];
    private TaskCompletionSource _firstClient = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InputReceiver Add(ConnectionContext connection)
    {
        var client = new InputReceiver(connection);
        lock (_lock)
        {
            _clients.Add(client);
            _firstClient.TrySetResult();
        }

        return client;
    }

    /// <summary>Removes a client. After completion, nothing writes to its connection.</summary>
    public async Task RemoveAsync(InputReceiver client)
    {
        lock (_lock)
        {
            _clients.Remove(client);
            if (_clients.Count == 0)
                _firstClient = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await client.DetachAsync();
    }

    /// <summary>Sends to all clients, and waits for one if there is none. Completes when all have accepted the data.</summary>
    public async Task<bool> SendAsync(ReadOnlySequence<byte> bytes)
    {
        InputReceiver[] clients;
        while (true)
        {
            Task firstClient;
            lock (_lock)
            {
                clients = [.. _clients];
                firstClient = _firstClient.Task;
            }

            if (clients.Length > 0)
                break;
            await firstClient;
        }

        return (await Task.WhenAll(clients.Select(client => client.SendAsync(bytes)))).Contains(true);
    }

    /// <summary>Sends FIN to the clients that received some of the input: for them it is complete.</summary>
    public Task EndAsync() =>
        Task.WhenAll(Snapshot().Select(client => client.HasReceivedInput ? client.EndOutputAsync() : Task.CompletedTask));

    /// <summary>Resets the clients that received some of the input: FIN would make a part look complete.</summary>
    public void Fail(string reason)
    {
        errors.WriteLine($"error: {reason}");
        foreach (var client in Snapshot().Where(client => client.HasReceivedInput))
            client.Connection.Abort(CloseCause.Abort, reason);
    }

    private InputReceiver[] Snapshot()
    {
        lock (_lock)
            return [.. _clients];
    }
}
