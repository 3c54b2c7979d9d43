using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Comparison.Load;

/// <summary>
/// One connection sends; when all others have the message, it sends the next one. What is counted is what is delivered.
/// </summary>
internal sealed class BroadcastLoad(
    IConnectionFactory factory, EndPoint endpoint, LoadRecorder recorder, int members, byte[] message, TimeProvider time) : ILoad
{
    private const int JoinAttempts = 50;

    private static readonly TimeSpan JoinInterval = TimeSpan.FromMilliseconds(200);

    private List<ConnectionContext> _connections = [];
    private Task _running = Task.CompletedTask;
    private TaskCompletionSource _delivered = new();
    private long _missing = long.MaxValue;
    private volatile bool _isStopped;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _connections = await ConnectionOpener.OpenAsync(factory, endpoint, members + 1, cancellationToken);
        foreach (var member in _connections.Skip(1))
            _ = ReceiveAsync(member);
        await WaitForMembersAsync(cancellationToken);
        _running = PublishAsync();
    }

    public void Observe()
    {
    }

    public Task StopAsync()
    {
        _isStopped = true;
        return _running;
    }

    public async ValueTask DisposeAsync()
    {
        _isStopped = true;
        await ConnectionOpener.CloseAsync(_connections);
    }

    /// <summary>A connection is a member a little after it is open: sends until a message reaches all.</summary>
    private async Task WaitForMembersAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < JoinAttempts; attempt++)
        {
            Interlocked.Exchange(ref _missing, (long)members * message.Length);
            await _connections[0].Transport.Output.WriteAsync(message, cancellationToken);
            await Task.Delay(JoinInterval, time, cancellationToken);
            if (Interlocked.Read(ref _missing) == 0)
                return;
        }

        throw new InvalidDataException($"A broadcast does not reach all of {members} members.");
    }

    private async Task PublishAsync()
    {
        await Task.Yield();
        while (!_isStopped)
        {
            var sentAt = recorder.Now();
            _delivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _missing, (long)members * message.Length);
            await _connections[0].Transport.Output.WriteAsync(message);
            await _delivered.Task;
            recorder.Add(members, sentAt);
        }
    }

    private async Task ReceiveAsync(ConnectionContext member)
    {
        try
        {
            while (await member.Transport.Input.ReadAsync() is { IsCompleted: false } read)
            {
                var length = read.Buffer.Length;
                member.Transport.Input.AdvanceTo(read.Buffer.End);
                if (Interlocked.Add(ref _missing, -length) == 0)
                    _delivered.TrySetResult();
            }

            throw new EndOfStreamException("The server closed a member's connection.");
        }
        catch (Exception e)
        {
            // The publisher waits for all members, and is notified here; after the end of the load it no longer waits.
            _delivered.TrySetException(e);
        }
    }
}
