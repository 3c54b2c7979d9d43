using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Those who get standard input.</summary>
internal sealed class RelayClients
{
    private readonly Lock _lock = new();
    private readonly HashSet<InputTaker> _clients = [];
    private TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InputTaker Add(ConnectionContext connection)
    {
        var client = new InputTaker(connection);
        lock (_lock)
        {
            _clients.Add(client);
            _somebody.TrySetResult();
        }

        return client;
    }

    /// <summary>When it completes, nothing writes to the connection any more.</summary>
    public async Task RemoveAsync(InputTaker client)
    {
        lock (_lock)
        {
            _clients.Remove(client);
            if (_clients.Count == 0)
                _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await client.RetireAsync();
    }

    /// <summary>Sends to all who are here, and waits for somebody if nobody is. Ends when all have taken it.</summary>
    public async Task SendAsync(ReadOnlySequence<byte> bytes)
    {
        InputTaker[] here;
        while (true)
        {
            Task somebody;
            lock (_lock)
            {
                here = [.. _clients];
                somebody = _somebody.Task;
            }

            if (here.Length > 0)
                break;
            await somebody;
        }

        await Task.WhenAll(here.Select(client => client.SendAsync(bytes)));
    }

    /// <summary>Sends FIN to those who were sent something: for them that was all of it.</summary>
    public async Task EndOutputAsync()
    {
        InputTaker[] here;
        lock (_lock)
            here = [.. _clients];
        await Task.WhenAll(here.Select(client => client.WasSentSomething ? client.EndOutputAsync() : Task.CompletedTask));
    }
}
