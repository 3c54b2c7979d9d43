using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Comparison.Load;

/// <summary>Each connection keeps some large messages on their way, and watches how long it goes without a byte.</summary>
internal sealed class StreamLoad(
    IConnectionFactory factory, EndPoint endpoint, LoadRecorder recorder, int connections, int messageSize, int outstanding)
    : ILoad
{
    private List<ConnectionContext> _connections = [];
    private List<StreamClient> _clients = [];
    private Task _running = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _connections = await ConnectionOpener.OpenAsync(factory, endpoint, connections, cancellationToken);
        _clients = [.. _connections.Select(connection => new StreamClient(connection, recorder, messageSize, outstanding))];
        _running = Task.WhenAll(_clients.Select(client => client.RunAsync()));
    }

    public void Observe() => _clients.ForEach(client => client.Observe());

    public Task StopAsync()
    {
        _clients.ForEach(client => client.Stop());
        return _running;
    }

    public ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Stop());
        return new(ConnectionOpener.CloseAsync(_connections));
    }
}
