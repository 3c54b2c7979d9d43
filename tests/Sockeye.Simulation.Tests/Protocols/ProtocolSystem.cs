using System.Net;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Protocols;

/// <summary>
/// A protocol for simulated hours of bad weather, with loss, partitions and crashes of both sides. Each request ends in exactly
/// one way; no response reaches another request; a request that was certainly not sent never arrives.
/// </summary>
internal abstract class ProtocolSystem
{
    private const int Port = 7004;

    private static readonly TimeSpan Duration = TimeSpan.FromHours(2);

    private readonly SimulatedHost _serverHost;
    private readonly List<SimulatedHost> _clientHosts;
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<long> _notSent = [];
    private readonly HashSet<long> _received = [];
    private long _answered;
    private long _failed;

    protected ProtocolSystem(SimulatedNetwork network)
    {
        (Network, Invariants) = (network, new(network));
        _serverHost = network.AddHost("server");
        _clientHosts = [network.AddHost("client1"), network.AddHost("client2")];
    }

    protected SimulatedNetwork Network { get; }

    protected Invariants Invariants { get; }

    /// <summary>The endpoint of the server.</summary>
    protected DnsEndPoint Server { get; } = new("server", Port);

    /// <summary>Fires at the end of the run.</summary>
    protected CancellationToken Closing => _closing.Token;

    /// <summary>The number of requests, which is also the number of the last one.</summary>
    protected long SentCount { get; private set; }

    /// <summary>Serves the protocol.</summary>
    protected abstract void Serve(ListenOptions listen);

    /// <summary>Sends requests from a host until the run ends.</summary>
    protected abstract Task RunClientAsync(SimulatedHost host);

    /// <summary>Checks what must hold at the end.</summary>
    protected virtual void CheckEnd()
    {
    }

    public async Task RunAsync()
    {
        var server = await StartServerAsync();
        var clients = _clientHosts.Select(RunClientAsync).ToList();
        var weather = new Weather(Network, _serverHost, _clientHosts);
        while (Network.Elapsed < Duration)
        {
            await weather.RunAsync(Duration / 2, Invariants.ThrowIfBroken);
            _serverHost.Crash();
            await server.StopAsync();
            await Network.PauseUpTo(TimeSpan.FromMinutes(10));
            _serverHost.Restart();
            server = await StartServerAsync();
        }

        _closing.Cancel();
        foreach (var client in clients)
            await client;
        await server.StopAsync();
        Invariants.Check(_answered > 0, () => "no request was answered in all the time");
        Invariants.Check(
            _answered + _failed == SentCount, () => $"of {SentCount} requests {_answered} were answered and {_failed} failed");
        Invariants.Check(!_notSent.Overlaps(_received), () => "the server has requests that were certainly not sent");
        CheckEnd();
        Invariants.ThrowIfBroken();
    }

    /// <summary>Runs callers at the same time, each with one request after another.</summary>
    protected Task RunCallersAsync(int count, Func<Task> request, CancellationToken ended) => Task.WhenAll(
        Enumerable.Range(0, count).Select(async _ =>
        {
            while (!ended.IsCancellationRequested && !Closing.IsCancellationRequested)
            {
                await request();
                try
                {
                    await Network.PauseUpTo(TimeSpan.FromMinutes(10), ended);
                }
                catch (OperationCanceledException) when (ended.IsCancellationRequested)
                {
                    return;
                }
            }
        }));

    /// <summary>Sends one request with a random time limit. Sometimes its caller leaves early.</summary>
    /// <param name="send">Sends the request with the number, and checks the response.</param>
    /// <returns>Null if there was a response; otherwise whether the request may have been done.</returns>
    protected async Task<bool?> CallAsync(Func<long, TimeSpan, CancellationToken, Task> send)
    {
        var number = ++SentCount;
        using var cancel = new CancellationTokenSource();
        var leaving = Network.Random.Next(5) == 0 ? LeaveAsync(cancel) : Task.CompletedTask;
        bool? mayHaveBeenDone = null;
        try
        {
            await send(number, TimeSpan.FromSeconds(Network.Random.Next(1, 90)), cancel.Token);
            _answered++;
        }
        catch (RequestException error)
        {
            _failed++;
            mayHaveBeenDone = error.MayHaveBeenDone;
            if (!error.MayHaveBeenDone)
                _notSent.Add(number);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            _failed++;
            mayHaveBeenDone = true;
        }

        await leaving;
        return mayHaveBeenDone;
    }

    /// <summary>Records that the server has a request. Returns whether it is the first time.</summary>
    protected bool Receive(long number) => _received.Add(number);

    /// <summary>The time that the server sometimes needs.</summary>
    protected Task WorkAsync(CancellationToken cancellationToken) => Network.Random.Next(4) == 0
        ? Network.PauseUpTo(TimeSpan.FromSeconds(40), cancellationToken)
        : Task.CompletedTask;

    private async Task LeaveAsync(CancellationTokenSource cancel)
    {
        await Network.PauseUpTo(TimeSpan.FromSeconds(30));
        cancel.Cancel();
    }

    private Task<SockeyeServer> StartServerAsync() => SockeyeServer.StartAsync(options =>
    {
        options.Transport = _serverHost;
        options.TimeProvider = Network.TimeProvider;
        options.Random = Network.Random;
        Serve(options.Listen(new IPEndPoint(IPAddress.IPv6Any, Port)));
    });
}
