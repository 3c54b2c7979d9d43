using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Testing;
using Sockeye.Testing;

namespace Sockeye.Tests.Support;

/// <summary>A simulated network with a host for servers and one for clients, and what tests on it need again and again.</summary>
internal sealed class Simulated : IDisposable
{
    private const int Port = 7000;

    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    private Simulated(SimulatedNetwork network)
    {
        (Network, Server, Client) = (network, network.AddHost("server"), network.AddHost("client"));
    }

    public SimulatedNetwork Network { get; }

    public SimulatedHost Server { get; }

    public SimulatedHost Client { get; }

    public TimeProvider Time => Network.TimeProvider;

    /// <summary>What servers and clients of this world log.</summary>
    public TestLog Log { get; } = new();

    public static void Run(int seed, Func<Simulated, Task> test) => SimulatedNetwork.Run(seed, async network =>
    {
        network.Jitter = TimeSpan.FromMilliseconds(1);
        using var simulated = new Simulated(network);
        await test(simulated);
    });

    public void Dispose() => Log.Dispose();

    public Task<SockeyeServer> Start(ConnectionDelegate handler, Action<SockeyeServerOptions>? configure = null) =>
        StartWith(listen => listen.Run(handler), configure);

    public Task<SockeyeServer> StartWith(Action<ListenOptions> listen, Action<SockeyeServerOptions>? configure = null) =>
        SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.TimeProvider, options.Random) = (Server, Time, Network.Random);
            options.LoggerFactory = Log;
            configure?.Invoke(options);
            listen(options.ListenAnyIP(Port));
        }, CancellationToken.None);

    /// <summary>A client on its host, or on another one.</summary>
    public SockeyeClient NewClient(Action<SockeyeClientOptions>? configure = null, SimulatedHost? host = null) => new(options =>
    {
        (options.Transport, options.TimeProvider, options.Random) = (host ?? Client, Time, Network.Random);
        options.LoggerFactory = Log;
        configure?.Invoke(options);
    });

    public ValueTask<ConnectionContext> Connect(SimulatedHost? host = null) =>
        (host ?? Client).ConnectAsync(new IPEndPoint(Server.Address, Port));

    /// <summary>One more client is reset; it notices while it connects, or when it reads.</summary>
    public async Task AssertRejects()
    {
        await using var client = await Connect();
        await client.AssertResetAsync();
    }

    public Task Pass(TimeSpan time) => Task.Delay(time, Time);

    /// <summary>Lets time pass until the condition holds: for conditions without an event.</summary>
    public async Task Until(Func<bool> condition, string what)
    {
        var begun = Network.Elapsed;
        while (!condition())
        {
            Assert.True(Network.Elapsed - begun < Limit, $"It did not happen in {Limit}: {what}.");
            await Pass(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Waits for the line that a connection's end writes, which comes after its handler's end.</summary>
    public async Task<FakeLogRecord> ConnectionEnded()
    {
        await Until(() => Log.WithId(1200).Any(), "the connection's end was logged");
        return Log.WithId(1200).First();
    }
}
