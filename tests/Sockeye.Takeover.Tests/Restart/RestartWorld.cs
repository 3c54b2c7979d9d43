using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockeye.Takeover.Tests.Support;

namespace Sockeye.Takeover.Tests.Restart;

/// <summary>Servers, one after the other, and a stand-in for systemd between them.</summary>
/// <param name="maxStored">FileDescriptorStoreMax= of the unit.</param>
internal sealed class RestartWorld(int maxStored = 100) : IAsyncDisposable
{
    private readonly TakeoverWorld _world = new();
    private readonly List<Socket> _clients = [];
    private ServiceManager? _manager;
    private SystemdNotifier? _notifier;

    public TestLog Log => _world.Log;

    public string Folder => _world.Folder;

    public ServiceManager Manager => _manager ??= new(_world.Folder, maxStored);

    private SystemdNotifier Notifier => _notifier ??= Manager.CreateNotifier();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Starts a server that answers each line with its number, from which the next server continues.</summary>
    public Task<SockeyeServer> StartAsync(string transport, EndPoint? endpoint = null, TimeProvider? time = null)
    {
        var options = _world.CreateOptions(transport);
        SockeyeServerOptions fresh = new()
        {
            Transport = options.Transport, LoggerFactory = Log, ShutdownTimeout = TimeSpan.FromSeconds(2),
            TimeProvider = time ?? TimeProvider.System,
        };
        fresh.Listen(endpoint ?? new IPEndPoint(IPAddress.Loopback, 0)).UseMoving().Run(Codec.Lines(100), CountAsync);
        return _world.StartAsync(fresh);
    }

    public Task<SockeyeServer> StartAsync(SockeyeServerOptions options) => _world.StartAsync(options);

    public SystemdConnectionStore CreateStore(TimeProvider? time = null) =>
        new(Notifier, Log.CreateLogger("Sockeye.Systemd"), time);

    /// <summary>Stores and stops, as a service does.</summary>
    public async Task<int> StoreAsync(SockeyeServer server, int maxDescriptors = 100)
    {
        var stored = await CreateStore().StoreAsync([server], maxDescriptors, Cancelled);
        await server.StopAsync(Cancelled);
        return stored;
    }

    public Task<int> RestoreAsync(params IReadOnlyList<SockeyeServer> servers) =>
        CreateStore().RestoreAsync(Manager.PassHere(), servers);

    /// <summary>Connects, and exchanges the first line.</summary>
    public async Task<Socket> ConnectAsync(SockeyeServer server)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _clients.Add(client);
        await client.ConnectAsync(server.EndPoints[0], Cancelled);
        await AssertAnsweredAsync(client, "first", 1);
        return client;
    }

    public static async Task AssertAnsweredAsync(Socket client, string line, int count)
    {
        await SendAsync(client, line + "\n");
        await AssertReceivedAsync(client, $"{count}: {line}\n");
    }

    public static async Task SendAsync(Socket client, string text) =>
        await client.SendAsync(Encoding.ASCII.GetBytes(text), Cancelled);

    public static async Task AssertReceivedAsync(Socket client, string expected)
    {
        var received = new byte[expected.Length];
        for (var count = 0; count < received.Length;)
        {
            var size = await client.ReceiveAsync(received.AsMemory(count), Cancelled).AsTask()
                .WaitAsync(TestWait.Limit, Cancelled);
            Assert.NotEqual(0, size);
            count += size;
        }

        Assert.Equal(expected, Encoding.ASCII.GetString(received));
    }

    /// <summary>The connection has ended, by FIN or by RST.</summary>
    public static async Task AssertEndedAsync(Socket client)
    {
        try
        {
            Assert.Equal(
                0, await client.ReceiveAsync(new byte[1], Cancelled).AsTask().WaitAsync(TestWait.Limit, Cancelled));
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }
    }

    /// <summary>Returns the only line of the log with an event id.</summary>
    public string Line(int eventId) => Assert.Single(Log.WithId(eventId)).Message;

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        _notifier?.Dispose();
        if (_manager is not null)
        {
            Assert.Empty(_manager.Errors);
            _manager.Dispose();
        }

        await _world.DisposeAsync();
    }

    private static async Task CountAsync(MessageConnection<string> connection)
    {
        var count = connection.TryGetContinuedState(Codec.Lines(20), out var state)
            ? int.Parse(state, CultureInfo.InvariantCulture)
            : 0;
        connection.SaveStateBy(Codec.Lines(20), () => $"{count}");
        await foreach (var line in connection.ReadAllAsync())
            await connection.WriteAsync($"{++count}: {line}");
    }
}
