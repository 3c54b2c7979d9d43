using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Admin;

/// <summary>
/// The admin page of a running server: its listeners and connections, live, and how near it is to not serving; the same as JSON
/// and for Prometheus. It can close connections.
/// </summary>
/// <remarks>
/// It listens on the loopback only, unless options with danger in their name say otherwise. On Linux it has a thread of its own,
/// and answers while handlers block every thread of the pool.
/// </remarks>
public sealed partial class SockeyeAdmin : IAsyncDisposable
{
    /// <summary>Those that lose their place are still open for a moment.</summary>
    private const int MaxConnections = 2 * HttpPlaces.Most;

    private readonly SockeyeServer _observed;
    private readonly SockeyeAdminOptions _options;
    private readonly IConnectionListenerFactory _transport;
    private readonly Sampler _sampler;
    private readonly MetricCollector _metrics;
    private readonly LogThrottle _refusalPace;
    private readonly LogThrottle _evictionPace;
    private SockeyeServer? _server;

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

    /// <summary>Where it listens, with the real port; localhost has two.</summary>
    public IReadOnlyList<EndPoint> EndPoints => _server!.EndPoints;

    /// <summary>What to open in a browser. Beyond the loopback it holds the token: give it to nobody who may not close
    /// connections.</summary>
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

    /// <summary>What closing a connection takes: <c>Authorization: Bearer TOKEN</c>.</summary>
    public string Token { get; }

    /// <summary>Starts the page of a server; it listens when the task completes.</summary>
    /// <param name="server">The server to show. The page ends first, then the server.</param>
    /// <param name="configure">Changes the options; null: localhost:7001.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="InvalidOperationException">The options are wrong; the message says what to change.</exception>
    /// <exception cref="IOException">The port cannot be listened on; the message says why (<see cref="AddressInUseException"/>
    /// where it is in use).</exception>
    public static async Task<SockeyeAdmin> StartAsync(
        SockeyeServer server, Action<SockeyeAdminOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(server);
        var options = new SockeyeAdminOptions();
        configure?.Invoke(options);
        options.ThrowIfWrong();
        var admin = new SockeyeAdmin(server, options);
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

    /// <summary>Ends the page: answers that are under way are sent. Safe more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _sampler.Dispose();
        _metrics.Dispose();
        if (_options.Transport is null && _transport is IAsyncDisposable own)
            await own.DisposeAsync();
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var identity = ServerIdentity.Of(_observed, _options.Name);
        var site = new AdminSite(
            _observed, identity, _sampler, _metrics, new(_options, Token), _options.TimeProvider, LogClosing);
        var places = new HttpPlaces(_options.TimeProvider, OnEvicted);
        var handler = new HttpHandler(places, site.Answer, OnRefused, LogFailed, _options.TimeProvider);
        _server = await SockeyeServer.StartAsync(server =>
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
        }, cancellationToken);
        LogStarted(new Uri(Url, "/"));
        if (_options.IsBeyondLoopback)
            LogBeyondLoopback(EndPoints[0]);
    }

    private void OnRefused(ConnectionContext connection, HttpRefusal refusal)
    {
        if (_refusalPace.TryLog(out var count))
            LogRefused(count, connection.RemoteEndPoint, refusal.Status, refusal.Message);
    }

    private void OnEvicted(ConnectionContext connection)
    {
        if (_evictionPace.TryLog(out var count))
            LogEvicted(HttpPlaces.Count, count, connection.RemoteEndPoint);
    }
}
