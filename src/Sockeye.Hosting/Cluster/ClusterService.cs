using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sockeye.Hosting;

/// <summary>Starts a cluster before the servers of the host, and ends it after them, so that handlers can use it at any time.
/// </summary>
internal sealed class ClusterService(
    IServiceProvider services,
    IConfiguration configuration,
    ILoggerFactory loggerFactory,
    string section,
    Action<IServiceProvider, ClusterOptions> configure) : IHostedLifecycleService, IAsyncDisposable, IDisposable
{
    private volatile Cluster? _cluster;

    /// <exception cref="InvalidOperationException">The host has not started it yet.</exception>
    public Cluster Cluster => _cluster ?? throw new InvalidOperationException(
        $"The cluster of the section \"{section}\" has not started yet: it starts with the host, before the servers. Ask for it "
        + "later, for example in a handler.");

    public bool WasStarted => _cluster is not null;

    public string Section => section;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var options = new ClusterOptions { LoggerFactory = loggerFactory };
        configure(services, options);
        List<string> errors = [];
        ClusterSettings.Apply(new(configuration.GetSection(section), errors), options);
        if (errors.Count > 0)
            throw new OptionsValidationException(section, typeof(ClusterOptions), errors);
        _cluster = await Cluster.StartAsync(options, cancellationToken).ConfigureAwait(false);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    /// <summary>Ends the cluster, also if the start of the host fails at another service.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_cluster is { } cluster)
            await cluster.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
