using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>A connection that gets standard input.</summary>
/// <remarks>
/// The output supports one writer at a time, and none while the connection is closed. This class ensures both. It is safe for
/// concurrent callers.
/// </remarks>
internal sealed class InputReceiver(ConnectionContext connection)
{
    private readonly SemaphoreSlim _writeLock = new(1);
    private bool _isEnded;

    public ConnectionContext Connection => connection;

    public bool HasReceivedInput { get; private set; }

    /// <summary>Whether some of the input arrived after the connection had stopped accepting data.</summary>
    public bool HasMissedInput { get; private set; }

    /// <summary>Completes when there is room for more. Returns false if the connection did not accept the data.</summary>
    public async Task<bool> SendAsync(ReadOnlySequence<byte> bytes)
    {
        var isAccepted = false;
        await WriteUnderLockAsync(async () =>
        {
            var output = connection.Transport.Output;
            foreach (var block in bytes)
                output.Write(block.Span);
            HasReceivedInput = true;
            _isEnded = (await output.FlushAsync()).IsCompleted;
            isAccepted = !_isEnded;
        });
        HasMissedInput |= !isAccepted;
        return isAccepted;
    }

    /// <summary>Sends FIN.</summary>
    public Task EndOutputAsync() => WriteUnderLockAsync(async () =>
    {
        _isEnded = true;
        await connection.Transport.Output.CompleteAsync();
    });

    /// <summary>Allows the connection to be closed: a send that waits for room ends, and no send follows.</summary>
    public Task DetachAsync()
    {
        connection.Transport.Output.CancelPendingFlush();
        return WriteUnderLockAsync(() =>
        {
            _isEnded = true;
            return Task.CompletedTask;
        });
    }

    private async Task WriteUnderLockAsync(Func<Task> write)
    {
        await _writeLock.WaitAsync();
        try
        {
            if (!_isEnded)
                await write();
        }
        finally
        {
            _writeLock.Release();
        }
    }
}
