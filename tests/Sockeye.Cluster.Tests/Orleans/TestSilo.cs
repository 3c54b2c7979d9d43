using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sockeye.Orleans;

namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>A host with one silo, on free ports of this machine.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly FatalErrors _fatal;
    private bool _isStopped;

    private TestSilo(IHost host, FatalErrors fatal, IPEndPoint endPoint)
    {
        _host = host;
        _fatal = fatal;
        EndPoint = endPoint;
    }

    public IServiceProvider Services => _host.Services;

    public SiloAddress Address => Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    public IPEndPoint EndPoint { get; }

    /// <summary>The reasons for which Orleans would have ended the process.</summary>
    public IReadOnlyList<string> FatalReasons => _fatal.Reasons;

    /// <summary>Starts a silo.</summary>
    /// <param name="configure">Adds the clustering for a silo that listens on the given port.</param>
    /// <param name="nodeTimeout">The node timeout. A test that is not about it has a long one: the machine may be busy.</param>
    public static async Task<TestSilo> StartAsync(Action<ISiloBuilder, int> configure, TimeSpan? nodeTimeout = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var fatal = new FatalErrors();
            var port = GetFreePort();
            var builder = Host.CreateEmptyApplicationBuilder(null);
            builder.UseOrleans(silo =>
            {
                configure(silo, port);
                silo.UseSockeyeCluster(nodeTimeout ?? TimeSpan.FromMinutes(2));
                // Orleans would end the process, and with it all tests.
                silo.Services.AddSingleton<IFatalErrorHandler>(fatal);
            });
            var host = builder.Build();
            try
            {
                await host.StartAsync(TestContext.Current.CancellationToken);
                return new(host, fatal, new(IPAddress.Loopback, port));
            }
            catch (Exception exception) when (attempt < 5 && IsPortTaken(exception))
            {
                // Another process took the port after it was found free.
                host.Dispose();
            }
        }
    }

    /// <summary>Starts a silo of a cluster whose table is in the memory of its first silo.</summary>
    public static Task<TestSilo> StartLocalAsync(TestSilo? first = null, TimeSpan? nodeTimeout = null) => StartAsync(
        (silo, port) => silo.UseLocalhostClustering(port, gatewayPort: 0, first?.EndPoint), nodeTimeout);

    /// <summary>Starts a silo of a cluster whose table is in Redis.</summary>
    public static Task<TestSilo> StartRedisAsync(RedisServer redis, string silos, TimeSpan? nodeTimeout = null) => StartAsync(
        (silo, port) => silo
            .UseRedisClustering(redis.Options)
            .Configure<global::Orleans.Configuration.ClusterOptions>(options => options.ClusterId = options.ServiceId = silos)
            .ConfigureEndpoints(IPAddress.Loopback, port, gatewayPort: 0),
        nodeTimeout);

    /// <summary>Ends the silo in order.</summary>
    public async Task StopAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        await _host.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            _host.Dispose();
    }

    private static int GetFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool IsPortTaken(Exception exception) =>
        exception is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
        || (exception.InnerException is { } inner && IsPortTaken(inner));
}
