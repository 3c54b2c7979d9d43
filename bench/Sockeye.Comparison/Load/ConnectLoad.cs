using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Comparison.Load;

/// <summary>Clients that each connect, secure it if there is TLS, exchange one message, close, and begin again.</summary>
internal sealed class ConnectLoad(
    IConnectionFactory factory, EndPoint endpoint, LoadRecorder recorder, int clients, byte[] message, ClientTls tls)
    : ILoad
{
    private Task _running = Task.CompletedTask;
    private volatile bool _isStopped;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(_ => RunAsync()));
        return Task.CompletedTask;
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
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        while (!_isStopped)
        {
            var beganAt = recorder.Now();
            var connection = await factory.ConnectAsync(endpoint);
            await using (connection)
            {
                var pipes = await ClientPipes.OpenAsync(connection.Transport, tls, CancellationToken.None);
                await pipes.Output.WriteAsync(message);
                await Exchange.ReadAsync(pipes.Input, message.Length);
                await pipes.EndTlsAsync();
            }

            recorder.Add(1, beganAt);
        }
    }
}
