using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Defects;

/// <summary>
/// A server written by hand that is stopped while clients come. The defect: a connection enters the table only after its
/// greeting, so a drain in between forgets it.
/// </summary>
public sealed class ForgottenConnectionTests
{
    private const int Clients = 5;

    [Fact]
    public void A_drain_that_forgets_a_connection_is_found() =>
        Defect.IsFound(network => RunAsync(network, entersLate: true), "outlive the drain");

    [Fact]
    public void A_drain_that_knows_all_connections_passes() =>
        Defect.IsAbsent(network => RunAsync(network, entersLate: false));

    private static async Task RunAsync(SimulatedNetwork network, bool entersLate)
    {
        var codec = Codec.Lines(maxLength: 100);
        var (host, client) = (network.AddHost("server"), network.AddHost("client"));
        network.Jitter = TimeSpan.FromMilliseconds(10);
        var server = new HandWrittenServer(await host.BindAsync(new IPEndPoint(IPAddress.Any, 7)), codec, entersLate);
        var clients = Enumerable.Range(0, Clients).Select(_ => VisitAsync()).ToList();
        await network.PauseUpTo(TimeSpan.FromSeconds(2));

        await server.StopAsync();

        Assert.True(server.Handlers == 0, $"{server.Handlers} connections outlive the drain");
        foreach (var visit in clients)
            await visit;

        async Task VisitAsync()
        {
            await network.PauseUpTo(TimeSpan.FromSeconds(3));
            try
            {
                await using var connection = await network.ClientOn(client).ConnectAsync("server", 7, codec);
                await network.PauseUpTo(TimeSpan.FromMilliseconds(100));
                await connection.WriteAsync("hello");
                await foreach (var _ in connection.ReadAllAsync())
                {
                    // It stays until the server ends it.
                }
            }
            catch (IOException)
            {
                // The server was stopped.
            }
        }
    }

    private sealed class HandWrittenServer
    {
        private readonly IConnectionListener _listener;
        private readonly Codec<string> _codec;
        private readonly bool _entersLate;
        private readonly List<ConnectionContext> _open = [];
        private readonly Task _accepting;
        private TaskCompletionSource? _drained;

        public HandWrittenServer(IConnectionListener listener, Codec<string> codec, bool entersLate)
        {
            (_listener, _codec, _entersLate) = (listener, codec, entersLate);
            _accepting = AcceptAsync();
        }

        /// <summary>How many handlers run, known to the table or not.</summary>
        public int Handlers { get; private set; }

        public async Task StopAsync()
        {
            await _listener.UnbindAsync();
            await _accepting;
            _drained = new();
            foreach (var connection in _open.ToList())
                connection.Abort();
            if (_open.Count > 0)
                await _drained.Task;
        }

        private async Task AcceptAsync()
        {
            while (await _listener.AcceptAsync() is { } connection)
                _ = ServeAsync(connection);
        }

        private async Task ServeAsync(ConnectionContext connection)
        {
            Handlers++;
            if (!_entersLate)
                _open.Add(connection);
            try
            {
                await foreach (var _ in connection.AsMessages(_codec).ReadAllAsync())
                {
                    if (_entersLate)
                        _open.Add(connection);
                }
            }
            catch (Exception ended) when (ended is IOException or ConnectionAbortedException)
            {
                // The peer went, or the drain came.
            }

            await connection.DisposeAsync();
            Handlers--;
            _open.Remove(connection);
            if (_open.Count == 0)
                _drained?.TrySetResult();
        }
    }
}
