using System.Net;
using System.Text.Json.Serialization;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Systems;

/// <summary>An order, and its answer.</summary>
/// <param name="Id">Unique in a run.</param>
/// <param name="Number">Counts the orders of its connection, from 0.</param>
/// <param name="Note">Fills it up.</param>
/// <param name="Accepted">Set in the answer.</param>
internal sealed record Order(long Id, int Number, string Note, bool Accepted = false);

[JsonSerializable(typeof(Order))]
internal sealed partial class OrderJson : JsonSerializerContext;

/// <summary>
/// An order service for simulated days: workers rent connections of a pool, send a few orders, and wait for as many answers.
/// </summary>
internal sealed class OrderSystem
{
    private const int Port = 7001;
    private const int ClientHosts = 2;
    private const int WorkersEach = 3;
    private const int MaxConnections = 2;
    private const int MaxBlocks = 8;

    private static readonly TimeSpan Duration = TimeSpan.FromDays(2);
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);
    private static readonly Codec<Order> Orders = Codec.LengthPrefixed(OrderJson.Default.Order, maxLength: 4096);

    private readonly SimulatedNetwork _network;
    private readonly Invariants _invariants;
    private readonly List<SocketTransportOptions> _sockets = [];
    private readonly SimulatedHost _serverHost;
    private readonly List<SimulatedHost> _clientHosts;
    private readonly List<ConnectionPool> _pools = [];
    private readonly HashSet<long> _seen = [];
    private readonly CancellationTokenSource _closing = new();
    private SockeyeServer _server = null!;
    private long _lastId;
    private long _answered;
    private long _ended;

    private OrderSystem(SimulatedNetwork network)
    {
        _network = network;
        _invariants = new(network);
        _serverHost = NewHost("server");
        _clientHosts = [.. Enumerable.Range(1, ClientHosts).Select(number => NewHost($"client{number}"))];
    }

    /// <summary>Runs it, and throws where it breaks an invariant.</summary>
    public static Task RunAsync(SimulatedNetwork network) => new OrderSystem(network).RunAsync();

    private async Task RunAsync()
    {
        _server = await StartServerAsync();
        var workers = _clientHosts.SelectMany(StartWorkers).ToList();
        var weather = new Weather(_network, _serverHost, _clientHosts);
        while (_network.Elapsed < Duration)
        {
            await weather.RunAsync(Duration / 3, CheckInvariants);
            await RestartServerAsync(crash: _network.Random.Next(2) == 0);
        }

        _closing.Cancel();
        foreach (var worker in workers)
            await worker;
        foreach (var pool in _pools)
        {
            await pool.DisposeAsync();
            _invariants.Check(pool is { Count: 0, IdleCount: 0, WaiterCount: 0 }, () => $"a disposed pool has {pool.Count}");
        }

        await _server.StopAsync();
        _invariants.Check(_server.ConnectionCount == 0, () => $"{_server.ConnectionCount} connections outlive the stop");
        await _invariants.BecomesTrueAsync(
            () => _sockets.TrueForAll(options => options.RentedBuffers == 0), TimeSpan.FromMinutes(5),
            () => $"blocks lent after the end, by host: {string.Join(", ", _sockets.Select(o => o.RentedBuffers))}");
        _invariants.Check(_answered > 0, () => "no order was answered in all the time");
        _invariants.Check(
            _answered + _ended == _lastId, () => $"of {_lastId} orders {_answered} were answered and {_ended} lost for a reason");
        CheckInvariants();
    }

    private SimulatedHost NewHost(string name)
    {
        var options = new SocketTransportOptions
        {
            Pool = new(), Segments = new(),
            ReceiveBufferSize = 2048, SendBufferSize = 2048, MaxReadBufferSize = 2048, MaxWriteBufferSize = 2048,
        };
        _sockets.Add(options);
        return _network.AddHost(name, options);
    }

    private Task<SockeyeServer> StartServerAsync() => SockeyeServer.StartAsync(options =>
    {
        options.Transport = _serverHost;
        options.TimeProvider = _network.TimeProvider;
        options.Random = _network.Random;
        options.Listen(new IPEndPoint(IPAddress.IPv6Any, Port)).UseIdleTimeout(TimeSpan.FromMinutes(30)).Run(Orders, ServeAsync);
    });

    private async Task ServeAsync(MessageConnection<Order> peer)
    {
        var next = 0;
        await foreach (var order in peer.ReadAllAsync())
        {
            _invariants.Check(order.Number == next, () => $"the server has {order} where number {next} was next");
            _invariants.Check(_seen.Add(order.Id), () => $"the server has {order} for the second time");
            next++;
            if (_network.Random.Next(10) == 0)
                await _network.PauseUpTo(TimeSpan.FromSeconds(5)); // Shorter than the timeout of a stop: it is not cut short.
            await peer.WriteAsync(order with { Accepted = true });
        }
    }

    private async Task RestartServerAsync(bool crash)
    {
        if (crash)
            _serverHost.Crash();
        await _server.StopAsync();
        _invariants.Check(_server.ConnectionCount == 0, () => $"{_server.ConnectionCount} connections outlive the stop");
        await _network.PauseUpTo(TimeSpan.FromMinutes(10));
        if (crash)
            _serverHost.Restart();
        _server = await StartServerAsync();
    }

    private IEnumerable<Task> StartWorkers(SimulatedHost host)
    {
        var client = new SockeyeClient(options =>
        {
            options.Transport = host;
            options.TimeProvider = _network.TimeProvider;
            options.Random = _network.Random;
        });
        var pool = new ConnectionPool(client, "server", Port, new()
        {
            MaxConnections = MaxConnections, IdleTimeout = TimeSpan.FromMinutes(10), WaitTimeout = TimeSpan.FromMinutes(1),
        });
        _pools.Add(pool);
        return Enumerable.Range(0, WorkersEach).Select(_ => WorkAsync(pool));
    }

    private async Task WorkAsync(ConnectionPool pool)
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await using var loan = await pool.RentAsync();
                await OrderAsync(loan);
            }
            catch (Exception refused) when (refused is ConnectException or ConnectionPoolFullException)
            {
                // The server is away, or the other workers are not done: later again.
            }

            await PauseAsync();
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await _network.PauseUpTo(TimeSpan.FromHours(2), _closing.Token);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    private async Task OrderAsync(PooledConnection loan)
    {
        var messages = MessagesOf(loan);
        var sent = new Queue<Order>();
        var answered = 0;
        using var timeout = new CancellationTokenSource(WaitLimit, _network.TimeProvider);
        try
        {
            for (var orders = _network.Random.Next(1, 5); orders > 0; orders--)
            {
                var order = messages.Next(++_lastId, _network.Random.Next(1000));
                sent.Enqueue(order);
                await messages.Connection.WriteAsync(order, timeout.Token);
            }

            await foreach (var answer in messages.Connection.ReadAllAsync(timeout.Token))
            {
                var order = sent.Dequeue();
                _invariants.Check(answer == order with { Accepted = true }, () => $"{order} was answered by {answer}");
                answered++;
                if (sent.Count == 0)
                    break;
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            loan.Discard();
            loan.Connection.Abort(CloseCause.Timeout, "no answer came in time");
        }
        catch (IOException)
        {
            loan.Discard();
        }

        _answered += answered;
        _ended += sent.Count;
        _invariants.Check(
            sent.Count == 0 || loan.Connection.CloseReason is not null,
            () => $"{sent.Count} orders were not answered, and the connection has not ended");
    }

    /// <summary>The messages of a pooled connection go on from loan to loan.</summary>
    private static PooledOrders MessagesOf(PooledConnection loan)
    {
        var items = loan.Connection.Items;
        if (!items.TryGetValue(typeof(PooledOrders), out var messages))
            items[typeof(PooledOrders)] = messages = new PooledOrders(loan.Connection.AsMessages(Orders));
        return (PooledOrders)messages!;
    }

    private void CheckInvariants()
    {
        foreach (var (host, lent) in _sockets.Select((options, index) => (index, options.RentedBuffers)))
        {
            var most = MaxBlocks * (host == 0 ? _server.ConnectionCount + 1 : MaxConnections);
            _invariants.Check(lent <= most, () => $"host {host} holds {lent} blocks, more than {most}");
        }

        foreach (var pool in _pools)
        {
            _invariants.Check(
                pool.Count <= MaxConnections && pool.WaiterCount <= WorkersEach, () => $"a pool has {pool.Count} connections");
        }

        _invariants.ThrowIfBroken();
    }

    private sealed class PooledOrders(MessageConnection<Order> connection)
    {
        private int _sent;

        public MessageConnection<Order> Connection => connection;

        public Order Next(long id, int size) => new(id, _sent++, new('x', size));
    }
}
