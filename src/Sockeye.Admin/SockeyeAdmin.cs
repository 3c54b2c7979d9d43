using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Admin;

/// <summary>
/// The admin page of a running server. It shows listeners, connections and saturation signs live, also as JSON and for
/// Prometheus, and can close connections.
/// </summary>
/// <remarks>
/// The page listens on the loopback interface only, unless an option prefixed <c>Unsafe</c> allows more. On Linux it has its own
/// thread, and answers while handlers block every thread of the pool.
/// </remarks>
public sealed partial class SockeyeAdmin : IAsyncDisposable
{
    /// <summary>More than the page serves at a time, because reset connections are still open for a moment.</summary>
    private const int MaxConnections = 2 * HttpClientLimit.HardLimit;

    private static readonly TimeSpan PortTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PortRetryDelay = TimeSpan.FromMilliseconds(20);

    private readonly SockeyeServer _observed;
    private readonly SockeyeAdminOptions _options;
    private readonly IConnectionListenerFactory _transport;
    private readonly Sampler _sampler;
    private readonly MetricCollector _metrics;
    private readonly LogThrottle _refusalPace;
    private readonly LogThrottle _evictionPace;
    private readonly CancellationTokenSource _ending = new();
    private SockeyeServer? _server;
    private Task _leaving = Task.CompletedTask;

    private SockeyeAdmin(SockeyeServer observed, SockeyeAdminOptions options)
    {
        (_observed, _options) = (observed, options);
        _logger = new SafeLogger(options.LoggerFactory.CreateLogger(AdminLoggerFactory.Category));
        _refusalPace = new(options.TimeProvider);
        _evictionPace = new(options.TimeProvider);
        Token = options.Token ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        _transport = options.Transport
            ?? DefaultTransport.Create(new() { UnsafePreferInlineScheduling = true }, threadCount: 1);
        _metrics = new();
        _sampler = new(observed, options.TimeProvider, options.SampleInterval);
    }

    /// <summary>Gets the endpoints on which the page listens, with the actual port; localhost has two.</summary>
    public IReadOnlyList<EndPoint> EndPoints => _server!.EndPoints;

    /// <summary>Gets the address to open in a browser. Beyond the loopback interface it contains the token, so give it only to
    /// people who may close connections.</summary>
    public Uri Url
    {
        get
        {
            var ip = (IPEndPoint)EndPoints[0];
            var host = _options.Address is null ? "localhost"
                : ip.Address.Equals(IPAddress.Any) || ip.Address.Equals(IPAddress.IPv6Any) ? Dns.GetHostName()
                : new IPEndPoint(ip.Address, 80).ToString()[..^":80".Length];
            return new($"http://{host}:{ip.Port}/{(_options.IsBeyondLoopback ? $"#token={Uri.EscapeDataString(Token)}" : "")}");
        }
    }

    /// <summary>Gets the token that is required to close a connection: <c>Authorization: Bearer TOKEN</c>.</summary>
    public string Token { get; }

    /// <summary>Starts the admin page of a server. The page listens when the task completes.</summary>
    /// <param name="server">The server to show. Dispose the page before the server.</param>
    /// <param name="configure">Changes the options. Default: null, a page on localhost:7001.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">The options are invalid; the message says what to change.</exception>
    /// <exception cref="IOException">The page cannot listen on the port; the message says why
    /// (<see cref="AddressInUseException"/> if it is in use).</exception>
    public static async Task<SockeyeAdmin> StartAsync(
        SockeyeServer server, Action<SockeyeAdminOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        var options = new SockeyeAdminOptions();
        configure?.Invoke(options);
        var admin = new SockeyeAdmin(server, options.TakeCopy());
        try
        {
            await admin.ListenAsync(cancellationToken);
            return admin;
        }
        catch
        {
            await admin.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the page after pending responses are sent. Further calls do nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        _ending.Cancel();
        await _leaving;
        if (_server is not null)
            await _server.DisposeAsync();
        _sampler.Dispose();
        _metrics.Dispose();
        if (_options.Transport is null && _transport is IAsyncDisposable own)
            await own.DisposeAsync();
    }

    private bool HasTakenOver => _observed.Takeovers.Any(
        one => one.Outcome is TakeoverOutcome.TookOver or TakeoverOutcome.PredecessorEnded);

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var identity = ServerIdentity.Create(_observed, _options.Name);
        var site = new AdminSite(
            _observed, identity, _sampler, _metrics, new(_options, Token), _options.TimeProvider, LogClosing);
        var limit = new HttpClientLimit(_options.TimeProvider, OnEvicted);
        var handler = new HttpHandler(limit, site.Answer, OnRefused, LogFailed, _options.TimeProvider);
        _server = await StartAsync(Configure, cancellationToken);
        LogStarted(new Uri(Url, "/"));
        if (_options.IsBeyondLoopback)
            LogBeyondLoopback(EndPoints[0]);
        if (_options.Port != 0)
            _leaving = LeavePortAsync(_server);

        void Configure(SockeyeServerOptions server)
        {
            server.Transport = _transport;
            server.TimeProvider = _options.TimeProvider;
            server.LoggerFactory = new AdminLoggerFactory(_options.LoggerFactory);
            server.MaxConnections = MaxConnections;
            server.MaxClosedHistory = 0;
            server.Timeouts.FirstByte = TimeSpan.FromSeconds(10);
            server.Timeouts.Idle = TimeSpan.FromMinutes(1);
            server.Timeouts.WriteStall = TimeSpan.FromSeconds(10);
            server.Timeouts.Lifetime = TimeSpan.FromHours(1);
            var listen = _options.Address is { } address
                ? server.Listen(new IPEndPoint(address, _options.Port))
                : server.ListenLocalhost(_options.Port);
            listen.Run(handler.RunAsync);
        }
    }

    /// <summary>Starts the server of the page. After a takeover, the page of the process before leaves its port in a
    /// moment.</summary>
    private async Task<SockeyeServer> StartAsync(Action<SockeyeServerOptions> configure, CancellationToken cancellationToken)
    {
        var time = _options.TimeProvider;
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await SockeyeServer.StartAsync(configure, cancellationToken);
            }
            catch (AddressInUseException) when (HasTakenOver && time.GetElapsedTime(begun) < PortTimeout)
            {
                await Task.Delay(PortRetryDelay, time, cancellationToken);
            }
        }
    }

    /// <summary>Ends the page when another process has taken over: its page needs the port.</summary>
    private async Task LeavePortAsync(SockeyeServer page)
    {
        try
        {
            await _observed.TakenOver.WaitAsync(_ending.Token);
        }
        catch (OperationCanceledException)
        {
            return; // The page ends first.
        }

        await page.StopAsync(CancellationToken.None);
    }

    private void OnRefused(ConnectionContext connection, HttpRefusal refusal)
    {
        if (_refusalPace.TryLog(out var count))
            LogRefused(count, connection.RemoteEndPoint, refusal.Status, refusal.Message);
    }

    private void OnEvicted(ConnectionContext connection)
    {
        if (_evictionPace.TryLog(out var count))
            LogEvicted(HttpClientLimit.SoftLimit, count, connection.RemoteEndPoint);
    }
}
