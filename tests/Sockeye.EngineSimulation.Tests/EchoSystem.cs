using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.EngineSimulation.Tests.Engine;
using Sockeye.EngineSimulation.Tests.Kernel;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.EngineSimulation.Tests;

/// <summary>
/// Many short connections on engines: an echo of everything up to FIN, or an abort of either side in between. At the end the
/// engines stop, and have nothing left.
/// </summary>
internal sealed class EchoSystem
{
    private const int Port = 7;
    private const int Visitors = 4;
    private const int Visits = 4;
    private const int MaxLength = 12_000;

    private readonly SimulatedNetwork _network;
    private readonly IReadOnlyList<SimulatedLinuxEngine> _engines;
    private readonly Invariants _invariants;
    private readonly List<SocketTransportOptions> _sockets = [];
    private readonly SimulatedHost _server;
    private readonly SimulatedHost _client;
    private readonly HashSet<EndPoint> _aborted = [];
    private readonly bool _moves;

    private EchoSystem(SimulatedNetwork network, EngineParts parts, bool moves)
    {
        _moves = moves;
        (_network, _engines, _invariants) = (network, SimulatedLinuxEngine.Use(network, parts), new(network));
        network.Jitter = TimeSpan.FromMilliseconds(network.Random.Next(3));
        (_server, _client) = (AddHost("server"), AddHost("client"));
    }

    /// <summary>The number of times that connections have moved, and that a move was taken back.</summary>
    public (int Moved, int Returned) Moves { get; private set; }

    /// <summary>Runs it, and returns how often each fault has happened.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parts">The parts of its engines.</param>
    /// <param name="moves">Whether connections of the server go to another connection object, at any time.</param>
    public static async Task<Dictionary<string, int>> RunAsync(SimulatedNetwork network, EngineParts parts, bool moves = false)
    {
        var system = new EchoSystem(network, parts, moves);
        await system.RunAsync();
        var counts = system._engines.SelectMany(engine => engine.Kernel.Chance.Counts)
            .GroupBy(count => count.Key, count => count.Value).ToDictionary(group => group.Key, group => group.Sum());
        counts[nameof(KernelFaults.Preemption)] = system._engines[0].Interleaving.Count;
        (counts["moved"], counts["returned"]) = system.Moves;
        return counts;
    }

    private SimulatedHost AddHost(string name)
    {
        var options = new SocketTransportOptions
        {
            Pool = new(), Segments = new(),
            ReceiveBufferSize = 4096, SendBufferSize = 4096, MaxReadBufferSize = 2048, MaxWriteBufferSize = 2048,
        };
        _sockets.Add(options);
        return _network.AddHost(name, options);
    }

    private async Task RunAsync()
    {
        var listener = await _server.BindAsync(new IPEndPoint(IPAddress.Any, Port));
        var accepting = AcceptAsync(listener);
        await Task.WhenAll(Enumerable.Range(0, Visitors).Select(_ => VisitAsync()));
        await listener.DisposeAsync();
        await accepting;
        foreach (var engine in _engines)
        {
            await engine.StopAsync();
            _invariants.Check(engine.Kernel.SocketCount == 0, () => $"{engine.Kernel.SocketCount} descriptors are left open");
            _invariants.Check(engine.RentedBlocks == 0, () => $"{engine.RentedBlocks} blocks of an engine are left rented");
        }

        var rented = _sockets.Sum(options => options.RentedBuffers);
        _invariants.Check(rented == 0, () => $"{rented} blocks are left rented");
        _invariants.ThrowIfBroken();
    }

    private async Task AcceptAsync(IConnectionListener listener)
    {
        var serving = new List<Task>();
        while (await listener.AcceptAsync() is { } connection)
            serving.Add(ServeAsync(connection));
        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        var abortsAfter = _network.Random.Next(6) == 0 ? _network.Random.Next(MaxLength) : int.MaxValue;
        var echoed = 0L;
        try
        {
            for (var isOver = false; !isOver;)
            {
                if (_moves && _network.Random.Next(3) == 0)
                {
                    connection = await MoveAsync((DuplexConnection)connection);
                    (input, output) = (connection.Transport.Input, connection.Transport.Output);
                }

                var read = await input.ReadAsync();
                foreach (var part in read.Buffer)
                    await output.WriteAsync(part);
                echoed += read.Buffer.Length;
                isOver = read.IsCompleted;
                input.AdvanceTo(read.Buffer.End);
                if (echoed > abortsAfter)
                    Abort(connection, connection.RemoteEndPoint!);
            }
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException)
        {
            // The reason is checked.
        }

        await connection.DisposeAsync();
        CheckReason(connection, connection.RemoteEndPoint!);
    }

    /// <summary>Freezes the connection, and continues it on another connection object, or here.</summary>
    private async Task<ConnectionContext> MoveAsync(DuplexConnection connection)
    {
        if (!await connection.FreezeAsync(TimeSpan.FromSeconds(1)))
            return connection;
        if (_network.Random.Next(3) == 0 || connection.TryTakeStream() is not { } stream)
        {
            connection.Thaw();
            Moves = Moves with { Returned = Moves.Returned + 1 };
            return connection;
        }

        var continued = _engines[0].Attach(connection.DuplicateHandle(), stream);
        await connection.LeaveAsync(CloseReason.Moved);
        await connection.DisposeAsync();
        Moves = Moves with { Moved = Moves.Moved + 1 };
        return continued;
    }

    private async Task VisitAsync()
    {
        for (var visit = 0; visit < Visits; visit++)
        {
            var connection = await _client.ConnectAsync(new IPEndPoint(_server.Address, Port));
            var bytes = new byte[_network.Random.Next(MaxLength)];
            _network.Random.NextBytes(bytes);
            var sending = SendAsync(connection, bytes);
            await ReceiveAsync(connection, bytes);
            await sending;
            await connection.DisposeAsync();
            CheckReason(connection, connection.LocalEndPoint!);
        }
    }

    private async Task SendAsync(ConnectionContext connection, byte[] bytes)
    {
        var abortsAt = _network.Random.Next(6) == 0 ? _network.Random.Next(bytes.Length + 1) : int.MaxValue;
        for (var sent = 0; sent < bytes.Length;)
        {
            var size = Math.Min(_network.Random.Next(1, 3000), bytes.Length - sent);
            if ((await connection.Transport.Output.WriteAsync(bytes.AsMemory(sent, size))).IsCompleted)
                return;
            sent += size;
            if (sent > abortsAt)
                Abort(connection, connection.LocalEndPoint!);
        }

        await connection.Transport.Output.CompleteAsync();
    }

    private async Task ReceiveAsync(ConnectionContext connection, byte[] expected)
    {
        var (input, received) = (connection.Transport.Input, 0);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                foreach (var part in read.Buffer)
                {
                    var isSame = part.Length <= expected.Length - received
                        && part.Span.SequenceEqual(expected.AsSpan(received, part.Length));
                    _invariants.Check(isSame, () => $"the echo differs after {received} bytes");
                    received += part.Length;
                }

                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            _invariants.Check(
                received == expected.Length, () => $"the echo ended in order after {received} of {expected.Length} bytes");
        }
        catch (Exception error) when (error is IOException or ConnectionAbortedException)
        {
            // The reason is checked.
        }
    }

    private void Abort(ConnectionContext connection, EndPoint client)
    {
        _aborted.Add(client);
        connection.Abort();
    }

    private void CheckReason(ConnectionContext connection, EndPoint client)
    {
        var reason = connection.CloseReason;
        _invariants.Check(
            reason is { IsOrderly: true } || (reason is not null && _aborted.Contains(client)),
            () => $"a connection ended for no reason: {reason}");
        _invariants.ThrowIfBroken();
    }
}
