using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Accepts the clients of the demo. Others, which a user connects in the meantime, get their bytes back.</summary>
internal sealed class DemoAcceptor(IConnectionListener listener) : IAsyncDisposable
{
    private const int MaxVisitors = 64;

    private readonly ConcurrentDictionary<ConnectionContext, Task> _visitors = new();
    private CancellationTokenSource? _closing;
    private Task _accepting = Task.CompletedTask;

    /// <summary>Accepts until the client is one of these, which have connected.</summary>
    public async Task<ConnectionContext> AcceptAsync(params IReadOnlyList<ConnectionContext> clients)
    {
        while (true)
        {
            var accepted = (await listener.AcceptAsync())!;
            if (clients.Any(client => accepted.RemoteEndPoint!.Equals(client.LocalEndPoint)))
                return accepted;
            Serve(accepted);
        }
    }

    /// <summary>Accepts other clients until <see cref="CloseAsync"/>, while the demo connects none.</summary>
    public void Open()
    {
        _closing = new();
        _accepting = AcceptVisitorsAsync(_closing.Token);
    }

    /// <summary>Ends <see cref="Open"/>.</summary>
    public async Task CloseAsync()
    {
        _closing?.Cancel();
        await _accepting;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _closing?.Dispose();
        foreach (var visitor in _visitors.Keys)
            visitor.Abort(CloseCause.Stop, "the demo ends");
        await Task.WhenAll(_visitors.Values);
    }

    private async Task AcceptVisitorsAsync(CancellationToken closing)
    {
        try
        {
            while (await listener.AcceptAsync(closing) is { } visitor)
                Serve(visitor);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // The demo continues with its own clients.
        }
    }

    private void Serve(ConnectionContext visitor)
    {
        if (_visitors.Count >= MaxVisitors)
            visitor.Abort(CloseCause.Limit, $"the demo serves {MaxVisitors} other clients at a time");
        var serving = EchoAsync(visitor);
        _visitors[visitor] = serving;
        _ = RemoveAfterAsync(visitor, serving);
    }

    private async Task RemoveAfterAsync(ConnectionContext visitor, Task serving)
    {
        await serving;
        _visitors.TryRemove(visitor, out _);
    }

    private static async Task EchoAsync(ConnectionContext visitor)
    {
        try
        {
            await visitor.Transport.Input.CopyToAsync(visitor.Transport.Output);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            // The visitor has left, or the demo has ended its connection.
        }
        finally
        {
            await visitor.DisposeAsync();
        }
    }
}
