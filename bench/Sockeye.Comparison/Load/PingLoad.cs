using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Comparison.Load;

/// <summary>Each connection sends a batch of messages, waits until all are back, and begins again.</summary>
internal sealed class PingLoad(
    IConnectionFactory factory, EndPoint endpoint, LoadRecorder recorder, int connections, byte[] batch, int depth,
    ClientTls tls)
    : ILoad
{
    private List<ConnectionContext> _connections = [];
    private Task _running = Task.CompletedTask;
    private volatile bool _isStopped;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _connections = await ConnectionOpener.OpenAsync(factory, endpoint, connections, cancellationToken);
        var pipes = new List<ClientPipes>(connections);
        foreach (var connection in _connections)
            pipes.Add(await ClientPipes.OpenAsync(connection.Transport, tls, cancellationToken));
        await Task.Yield();
        _running = Task.WhenAll(pipes.Select(pipe => RunAsync(pipe.Input, pipe.Output)));
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

    private async Task RunAsync(PipeReader input, PipeWriter output)
    {
        while (!_isStopped)
        {
            var sentAt = recorder.Now();
            await output.WriteAsync(batch);
            await Exchange.ReadAsync(input, batch.Length);
            recorder.Add(depth, sentAt);
        }
    }
}
