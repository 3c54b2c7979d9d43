using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The clients that get standard input, which come and go.</summary>
internal sealed class RelayClients(ErrorLines errors) : IInputTakers
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

    /// <summary>Sends to all that are here, and waits for one where there is none. Completes when all have taken it.</summary>
    public async Task<bool> SendAsync(ReadOnlySequence<byte> bytes)
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

        return (await Task.WhenAll(here.Select(client => client.SendAsync(bytes)))).Contains(true);
    }

    /// <summary>Sends FIN to those that were sent something: for them that was all of it.</summary>
    public Task EndAsync() =>
        Task.WhenAll(Here().Select(client => client.WasSentSomething ? client.EndOutputAsync() : Task.CompletedTask));

    /// <summary>Resets those that were sent something: FIN would make a part look whole.</summary>
    public void Fail(string reason)
    {
        errors.WriteLine($"error: {reason}");
        foreach (var client in Here().Where(client => client.WasSentSomething))
            client.Connection.Abort(CloseCause.Abort, reason);
    }

    private InputTaker[] Here()
    {
        lock (_lock)
            return [.. _clients];
    }
}
