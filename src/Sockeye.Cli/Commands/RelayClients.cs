using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Those who get standard input.</summary>
internal sealed class RelayClients
{
    private readonly Lock _lock = new();
    private readonly HashSet<Client> _clients = [];
    private TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Client Add(ConnectionContext connection)
    {
        var client = new Client(connection);
        lock (_lock)
        {
            _clients.Add(client);
            _somebody.TrySetResult();
        }

        return client;
    }

    /// <summary>When it completes, nothing writes to the connection any more.</summary>
    public async Task RemoveAsync(Client client)
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
        Client[] here;
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
        Client[] here;
        lock (_lock)
            here = [.. _clients];
        await Task.WhenAll(here.Select(client => client.EndOutputAsync()));
    }

    /// <summary>One client's output, which is for one writer at a time and for none once the connection is being closed.</summary>
    internal sealed class Client(ConnectionContext connection)
    {
        private readonly SemaphoreSlim _turn = new(1);
        private bool _ended;
        private bool _wasSentSomething;

        public Task SendAsync(ReadOnlySequence<byte> bytes) => InTurnAsync(async () =>
        {
            var output = connection.Transport.Output;
            foreach (var block in bytes)
                output.Write(block.Span);
            _wasSentSomething = true;
            _ended = (await output.FlushAsync()).IsCompleted;
        });

        public Task EndOutputAsync() => InTurnAsync(async () =>
        {
            if (!_wasSentSomething)
                return;
            _ended = true;
            await connection.Transport.Output.CompleteAsync();
        });

        public Task RetireAsync() => InTurnAsync(() =>
        {
            _ended = true;
            return Task.CompletedTask;
        });

        private async Task InTurnAsync(Func<Task> write)
        {
            await _turn.WaitAsync();
            try
            {
                if (!_ended)
                    await write();
            }
            finally
            {
                _turn.Release();
            }
        }
    }
}
