using System.Net;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Systems;

/// <summary>
/// Clients that connect again, for simulated hours of bad weather, with a login on each connection and a heartbeat. Each request
/// ends in exactly one way; one that is not safe to repeat arrives at most once, and none before the login.
/// </summary>
internal sealed class RequestClientSystem
{
    private const int Port = 7003;
    private const int CallersEach = 4;

    private static readonly TimeSpan Duration = TimeSpan.FromHours(6);

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 200).WithHeartbeat(heartbeat =>
    {
        (heartbeat.CreatePing, heartbeat.IsPong) = (() => "ping", line => line is "pong");
        (heartbeat.IsPing, heartbeat.CreatePong) = (line => line is "ping", _ => "pong");
    });

    private readonly SimulatedNetwork _network;
    private readonly Invariants _invariants;
    private readonly SimulatedHost _serverHost;
    private readonly List<SimulatedHost> _clientHosts;
    private readonly CancellationTokenSource _closing = new();
    private readonly Dictionary<long, int> _received = [];
    private readonly HashSet<long> _notSent = [];
    private SockeyeServer _server = null!;
    private long _sent;
    private long _answered;
    private long _failed;

    private RequestClientSystem(SimulatedNetwork network)
    {
        (_network, _invariants) = (network, new(network));
        _serverHost = network.AddHost("server");
        _clientHosts = [network.AddHost("client1"), network.AddHost("client2")];
    }

    /// <summary>Runs it, and throws where it breaks an invariant.</summary>
    public static Task RunAsync(SimulatedNetwork network) => new RequestClientSystem(network).RunAsync();

    private async Task RunAsync()
    {
        _server = await StartServerAsync();
        var clients = _clientHosts.Select(RunClientAsync).ToList();
        var weather = new Weather(_network, _serverHost, _clientHosts);
        while (_network.Elapsed < Duration)
        {
            await weather.RunAsync(Duration / 3, _invariants.ThrowIfBroken);
            _serverHost.Crash();
            await _server.StopAsync();
            await _network.PauseUpTo(TimeSpan.FromMinutes(10));
            _serverHost.Restart();
            _server = await StartServerAsync();
        }

        _closing.Cancel();
        foreach (var client in clients)
            await client;
        await _server.StopAsync();
        _invariants.Check(_answered > 0, () => "no request was answered in all the time");
        _invariants.Check(
            _answered + _failed == _sent, () => $"of {_sent} requests {_answered} were answered and {_failed} failed");
        _invariants.Check(
            !_notSent.Any(_received.ContainsKey), () => "the server has requests that were certainly not sent");
        _invariants.ThrowIfBroken();
    }

    private static bool IsSafe(long number) => number % 2 == 0;

    private Task<SockeyeServer> StartServerAsync() => SockeyeServer.StartAsync(options =>
    {
        options.Transport = _serverHost;
        options.TimeProvider = _network.TimeProvider;
        options.Random = _network.Random;
        options.Listen(new IPEndPoint(IPAddress.IPv6Any, Port)).Run(Lines, async peer =>
        {
            var hasLoggedIn = false;
            await peer.RespondAllAsync(async (request, cancellationToken) =>
            {
                _invariants.Check(hasLoggedIn != request is "login", () => $"the server has {request} at the wrong time");
                hasLoggedIn = true;
                if (request is "login")
                    return "welcome";
                var number = long.Parse(request, null);
                var count = _received[number] = _received.GetValueOrDefault(number) + 1;
                _invariants.Check(count == 1 || IsSafe(number), () => $"the server has request {number} {count} times");
                if (_network.Random.Next(3) == 0)
                    await _network.PauseUpTo(TimeSpan.FromSeconds(20), cancellationToken);
                return $"{request} done";
            });
        });
    });

    private async Task RunClientAsync(SimulatedHost host)
    {
        await using var requests = _network.ClientOn(host).KeepRequests(
            "server", Port, Lines,
            rules =>
            {
                rules.OnConnected = async (connection, token) => await connection.SendAsync("login", token);
                rules.IsSafeToRepeat = request => IsSafe(long.Parse(request, null));
            },
            new() { MaxQueuedRequests = 2 });
        var callers = Enumerable.Range(0, CallersEach).Select(_ => CallAsync(requests)).ToList();
        foreach (var caller in callers)
            await caller;
    }

    private async Task CallAsync(RequestClient<string, string> requests)
    {
        while (!_closing.IsCancellationRequested)
        {
            var number = ++_sent;
            try
            {
                var response = await requests.SendAsync($"{number}", TimeSpan.FromSeconds(_network.Random.Next(1, 300)));
                _invariants.Check(response == $"{number} done", () => $"{number} was answered by {response}");
                _answered++;
            }
            catch (RequestException error)
            {
                _failed++;
                if (!error.MayHaveBeenDone)
                    _notSent.Add(number);
            }

            await _network.PauseUpTo(TimeSpan.FromMinutes(10));
        }
    }
}
