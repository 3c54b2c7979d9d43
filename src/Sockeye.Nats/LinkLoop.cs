using System.Diagnostics;

namespace Sockeye.Nats;

/// <summary>Keeps an engine connected: one link after the other, to one server after the other, until it is stopped.</summary>
internal sealed class LinkLoop : IAsyncDisposable
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1);

    private readonly EngineParts _parts;
    private readonly IReadOnlyList<ServerAddress> _servers;
    private readonly ReconnectDelays _delays;
    private readonly CancellationTokenSource _stop;
    private volatile bool _isStopping;
    private volatile bool _isConnected;
    private Task _running = Task.CompletedTask;
    private string? _reported;
    private bool _wasConnected;
    private int _next;
    private uint _links;

    public LinkLoop(EngineParts parts, IReadOnlyList<ServerAddress> servers)
    {
        _parts = parts;
        _servers = servers;
        _stop = new(Timeout.InfiniteTimeSpan, parts.Context.TimeProvider);
        // The incarnation is random, so that nodes spread over the servers.
        var random = new Random(parts.Context.Self.Incarnation.GetHashCode());
        _next = parts.Opts.NoRandomize ? 0 : random.Next(servers.Count);
        _delays = new(parts.Options.MaxReconnectDelay, servers.Count, random);
    }

    public void Start()
    {
        Debug.Assert(_running.IsCompleted, "A loop starts once.");
        _running = Task.Run(RunAsync);
    }

    /// <summary>Sends what is queued, for at most one second, and ends. Called once.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        _parts.Queue.Complete();
        if (_isConnected)
            _stop.CancelAfter(DrainTimeout);
        else
            await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_isStopping)
        {
            var server = _servers[_next];
            _next = (_next + 1) % _servers.Count;
            await using (var link = new NatsLink(_parts, server, ++_links))
                await RunLinkAsync(link, server);
            if (!_isStopping)
                await Task.Delay(_delays.Next(), _parts.Context.TimeProvider, _stop.Token).WithoutThrowing();
        }
    }

    private async Task RunLinkAsync(NatsLink link, ServerAddress server)
    {
        try
        {
            await link.OpenAsync(_stop.Token);
        }
        catch (LinkException e)
        {
            _parts.Log.AttemptFailed($"{server}", e.Message);
            ReportDisconnected($"{server}: {e.Message}");
            return;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The engine is stopped.
            return;
        }

        _delays.Reset();
        ReportConnected(link.Server);
        using var stopping = _stop.Token.UnsafeRegister(static link => ((NatsLink)link!).End("stopped"), link);
        var reason = await link.RunAsync();
        _isConnected = false;
        if (!_isStopping)
            _parts.Log.ConnectionLost($"{server}", reason);
        ReportDisconnected($"{server}: {reason}");
    }

    private void ReportConnected(string server)
    {
        _parts.Log.Connected(server);
        _reported = null;
        _isConnected = true;
        _parts.Context.Events.OnConnectionChanged(true, server);
        // Frames of other nodes passed while there was no subscription, and own ones may not have left.
        if (_wasConnected)
            _parts.Context.Events.OnLoss($"The node was not connected to NATS for a time; it is again, to {server}.");
        _wasConnected = true;
    }

    private void ReportDisconnected(string detail)
    {
        // A server that is away for hours is one report, and a new reason another one.
        if (_reported == detail)
            return;
        _reported = detail;
        _parts.Context.Events.OnConnectionChanged(false, detail);
    }
}
