using System.Net;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Systems;

/// <summary>
/// Requests and responses for simulated hours of bad weather, in order or by id: callers share a connection, and some leave
/// early. Each request ends in exactly one way. A response belongs to its request, and a request that was certainly not sent
/// never arrives.
/// </summary>
internal sealed class RequestSystem
{
    private const int Port = 7002;
    private const int ClientHosts = 2;
    private const int CallersEach = 5;

    private static readonly TimeSpan Duration = TimeSpan.FromHours(6);
    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 200);

    private readonly SimulatedNetwork _network;
    private readonly bool _isById;
    private readonly Invariants _invariants;
    private readonly SimulatedHost _serverHost;
    private readonly List<SimulatedHost> _clientHosts;
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<long> _received = [];
    private readonly HashSet<long> _notSent = [];
    private SockeyeServer _server = null!;
    private long _sent;
    private long _answered;
    private long _failed;

    private RequestSystem(SimulatedNetwork network, bool isById)
    {
        (_network, _isById, _invariants) = (network, isById, new(network));
        _serverHost = network.AddHost("server");
        _clientHosts = [.. Enumerable.Range(1, ClientHosts).Select(number => network.AddHost($"client{number}"))];
    }

    /// <summary>Runs it, and throws where it breaks an invariant.</summary>
    public static Task RunInOrderAsync(SimulatedNetwork network) => new RequestSystem(network, isById: false).RunAsync();

    /// <inheritdoc cref="RunInOrderAsync"/>
    public static Task RunByIdAsync(SimulatedNetwork network) => new RequestSystem(network, isById: true).RunAsync();

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
        _notSent.IntersectWith(_received);
        _invariants.Check(_notSent.Count == 0, () => $"the server has {_notSent.Count} requests that were not sent");
        _invariants.ThrowIfBroken();
    }

    private Task<SockeyeServer> StartServerAsync() => SockeyeServer.StartAsync(options =>
    {
        options.Transport = _serverHost;
        options.TimeProvider = _network.TimeProvider;
        options.Random = _network.Random;
        options.Listen(new IPEndPoint(IPAddress.IPv6Any, Port)).Run(
            Lines, RespondAsync, options: new() { MaxConcurrentRequests = 4, KeepsOrder = !_isById });
    });

    private async ValueTask<string> RespondAsync(string request, CancellationToken cancellationToken)
    {
        _received.Add(long.Parse(request.Split(' ')[1], null));
        if (_network.Random.Next(3) == 0)
            await _network.PauseUpTo(TimeSpan.FromSeconds(40), cancellationToken);
        return $"{request} done";
    }

    private async Task RunClientAsync(SimulatedHost host)
    {
        try
        {
            await foreach (var messages in _network.ClientOn(host).ReconnectAsync("server", Port, Lines, _closing.Token))
            {
                await using var requests = messages.AsRequests(Configure, new() { MaxInFlight = 4, MaxWaiters = 2 });
                using var ended = new CancellationTokenSource();
                var callers = Enumerable.Range(0, CallersEach).Select(_ => CallAsync(requests, ended.Token)).ToList();
                await using (_closing.Token.Register(() => messages.Connection.Abort()))
                    await requests.Completion;
                ended.Cancel();
                foreach (var caller in callers)
                    await caller;
                _invariants.Check(
                    requests is { InFlightCount: 0, WaiterCount: 0 },
                    () => $"{requests.InFlightCount} requests are in flight and {requests.WaiterCount} wait after the end");
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    private void Configure(RequestRules<string, string> rules)
    {
        // Short ids, which repeat all the time.
        if (_isById)
            rules.MatchById((request, id) => $"{id}{request}", response => long.Parse(response.Split(' ')[0], null), maxId: 50);
    }

    private async Task CallAsync(RequestConnection<string, string> requests, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested && !_closing.IsCancellationRequested)
        {
            await RequestAsync(requests);
            try
            {
                await _network.PauseUpTo(TimeSpan.FromMinutes(20), ended);
            }
            catch (OperationCanceledException) when (ended.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task RequestAsync(RequestConnection<string, string> requests)
    {
        var number = ++_sent;
        var request = $" {number} {new string('x', _network.Random.Next(100))}";
        using var cancel = new CancellationTokenSource();
        var leaving = _network.Random.Next(4) == 0 ? LeaveAsync(cancel) : Task.CompletedTask;
        try
        {
            var timeout = TimeSpan.FromSeconds(_network.Random.Next(1, 60));
            var response = await requests.SendAsync(_isById ? request : $"0{request}", timeout, cancel.Token);
            _invariants.Check(
                response.EndsWith($"{request} done", StringComparison.Ordinal), () => $"{request} was answered by {response}");
            _answered++;
        }
        catch (RequestException error)
        {
            _failed++;
            if (!error.MayHaveBeenDone)
                _notSent.Add(number);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _failed++;
        }

        await leaving;
    }

    private async Task LeaveAsync(CancellationTokenSource cancel)
    {
        await _network.PauseUpTo(TimeSpan.FromSeconds(30));
        cancel.Cancel();
    }
}
