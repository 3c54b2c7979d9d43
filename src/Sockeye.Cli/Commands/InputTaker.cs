using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>A connection that gets standard input.</summary>
/// <remarks>
/// Its output is for one writer at a time, and for none once the connection is being closed; who sends does not know of that.
/// Safe from many callers.
/// </remarks>
internal sealed class InputTaker(ConnectionContext connection)
{
    private readonly SemaphoreSlim _turn = new(1);
    private bool _ended;

    public ConnectionContext Connection => connection;

    public bool WasSentSomething { get; private set; }

    /// <summary>Whether some of the input came when the connection took no more.</summary>
    public bool HasMissedSomething { get; private set; }

    /// <summary>Completes when there is room for more. False: the connection takes no more, and did not take this.</summary>
    public async Task<bool> SendAsync(ReadOnlySequence<byte> bytes)
    {
        var isTaken = false;
        await InTurnAsync(async () =>
        {
            var output = connection.Transport.Output;
            foreach (var block in bytes)
                output.Write(block.Span);
            WasSentSomething = true;
            _ended = (await output.FlushAsync()).IsCompleted;
            isTaken = !_ended;
        });
        HasMissedSomething |= !isTaken;
        return isTaken;
    }

    /// <summary>Sends FIN.</summary>
    public Task EndOutputAsync() => InTurnAsync(async () =>
    {
        _ended = true;
        await connection.Transport.Output.CompleteAsync();
    });

    /// <summary>Lets the connection be closed: a send that waits for room waits no longer, and none comes after it.</summary>
    public Task RetireAsync()
    {
        connection.Transport.Output.CancelPendingFlush();
        return InTurnAsync(() =>
        {
            _ended = true;
            return Task.CompletedTask;
        });
    }

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
