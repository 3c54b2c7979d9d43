using Microsoft.AspNetCore.Connections;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Load;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Running;

/// <summary>
/// Memory of idle connections. Each measurement has a new server: a used one would keep memory of the measurement before.
/// </summary>
internal sealed class IdleRun(Scenario scenario, RunOptions options, IConnectionFactory factory, TimeProvider time)
{
    private const int WarmUpConnections = 100;
    private const int MaxConcurrent = 100;

    private static readonly TimeSpan ExchangeTimeout = TimeSpan.FromSeconds(60);

    public async Task<WindowSample> MeasureAsync(
        Contestant contestant, ServerMode mode, int round, CancellationToken cancellationToken)
    {
        await using var server = await ServerProcess.StartAsync(
            contestant, mode, options.ServerProcessor, cancellationToken);
        var tls = scenario.GetTls(mode);
        await ConnectionOpener.CloseAsync(await OpenAsync(server, WarmUpConnections, tls, cancellationToken));
        await Task.Delay(options.Settle, time, cancellationToken);
        var before = ResidentMemory.Read(server.Id);
        var beganAt = time.GetTimestamp();

        var connections = await OpenAsync(server, scenario.Connections, tls, cancellationToken);
        try
        {
            await Task.Delay(options.Settle, time, cancellationToken);
            return new()
            {
                Round = round,
                Seconds = time.GetElapsedTime(beganAt).TotalSeconds,
                BytesPerConnection = (double)(ResidentMemory.Read(server.Id) - before) / scenario.Connections,
            };
        }
        finally
        {
            await ConnectionOpener.CloseAsync(connections);
        }
    }

    /// <summary>Opens connections, with one echo on each, so that the server has done all that it does for one.</summary>
    private async Task<List<ConnectionContext>> OpenAsync(
        ServerProcess server, int count, ClientTls tls, CancellationToken cancellationToken)
    {
        var connections = await ConnectionOpener.OpenAsync(factory, server.EndPoint, count, cancellationToken);
        try
        {
            // A bounded number at a time, so that no TLS handshake takes longer than a server allows.
            foreach (var some in connections.Chunk(MaxConcurrent))
            {
                await Task.WhenAll(some.Select(connection => EchoAsync(connection, tls, cancellationToken)))
                    .WaitAsync(ExchangeTimeout, time, cancellationToken);
            }

            await Task.Yield();
            return connections;
        }
        catch
        {
            await ConnectionOpener.CloseAsync(connections);
            throw;
        }
    }

    private async Task EchoAsync(ConnectionContext connection, ClientTls tls, CancellationToken cancellationToken)
    {
        var pipes = await ClientPipes.OpenAsync(connection.Transport, tls, cancellationToken);
        await pipes.Output.WriteAsync(new byte[scenario.MessageSize], cancellationToken);
        await Exchange.ReadAsync(pipes.Input, scenario.MessageSize);
    }
}
