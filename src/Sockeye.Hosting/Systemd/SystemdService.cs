using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sockeye.Hosting;

/// <summary>Reports the host and its servers to systemd.</summary>
internal sealed partial class SystemdService : IHostedLifecycleService, IAsyncDisposable
{
    private readonly IServiceProvider _services;
    private readonly SockeyeSystemdOptions _options;
    private readonly ILogger _logger;
    private readonly SystemdConnectionStore? _store;
    private readonly Lock _reloadLock = new();
    private int _storedListeners;
    private SystemdNotifier? _notifier;
    private IReadOnlyList<ServerService> _servers = [];
    private SystemdReporter? _reporter;
    private PosixSignalRegistration? _hangUp;
    private Task _reloading = Task.CompletedTask;

    public SystemdService(
        IServiceProvider services, IOptions<SockeyeSystemdOptions> options, ILoggerFactory loggerFactory)
    {
        (_services, _options) = (services, options.Value);
        _logger = loggerFactory.CreateLogger("Sockeye.Hosting");
        _notifier = SystemdNotifier.FromEnvironment();
        _store = _notifier is null ? null : new(_notifier, loggerFactory.CreateLogger("Sockeye.Systemd"));
    }

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // The services cannot be requested by the constructor: this is one of them.
        _servers = [.. _services.GetServices<IHostedService>().OfType<ServerService>()];
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called when all services have started: all servers listen.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        // Also if this version of the service stores none: what the one before has stored would wait.
        if (_store is not null)
            await _store.RestoreAsync(GetServers()).ConfigureAwait(false);
        SystemdSockets.Shared.CloseUnused(_logger);
        if (_notifier is null)
            return;
        Store();
        if (_options.StoreConnections && MaxStored is null)
            LogNoStore();
        if (_options.ReloadsOnSignal && !OperatingSystem.IsWindows())
            _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangUp);
        _notifier.Ready();
        _reporter = new(_notifier, GetServers, DescribeRefusal);
    }

    /// <summary>Called before any service stops.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _hangUp?.Dispose();
        if (_notifier is null || _reporter is { IsTakenOver: true })
            return; // The process that serves is the service.
        _notifier.Stopping();
        if (_store is not null && _options.StoreConnections && MaxStored is { } max)
        {
            await _store.StoreAsync(GetServers(), Math.Max(0, max - _storedListeners), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    /// <summary>Ends the reports. Called at the stop, and again when the host is disposed.</summary>
    public async ValueTask DisposeAsync()
    {
        _hangUp?.Dispose();
        // The exchanges make the first call the only one that disposes, with full fences.
        if (Interlocked.Exchange(ref _reporter, null) is { } reporter)
            await reporter.DisposeAsync().ConfigureAwait(false);
        Interlocked.Exchange(ref _notifier, null)?.Dispose();
    }

    private int? MaxStored => _options.MaxStoredDescriptors ?? _notifier?.MaxStored;

    private List<SockeyeServer> GetServers() =>
        [.. _servers.Where(one => one.Hosted.WasStarted).Select(one => one.Hosted.Server)];

    private string? DescribeRefusal()
    {
        var errors = _servers.SelectMany(one => one.Hosted.RefusedReload).ToList();
        return errors.Count == 0 ? null : $"The new configuration is refused: {string.Join(" ", errors)}";
    }

    private void OnHangUp(PosixSignalContext context)
    {
        context.Cancel = true; // The signal does not end the process.
        lock (_reloadLock)
            _reloading = ReloadAsync(_reloading);
    }

    /// <summary>Reloads after the previous reload: systemd takes the first READY for the end of the last reload.</summary>
    private async Task ReloadAsync(Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        _notifier?.Reloading();
        try
        {
            (_services.GetRequiredService<IConfiguration>() as IConfigurationRoot)?.Reload();
            foreach (var server in _servers)
                await server.WhenReloadedAsync().ConfigureAwait(false);
            Store();
        }
        catch (Exception e)
        {
            LogReloadFailed(e); // A provider of the configuration threw. The servers continue with the previous one.
        }

        _notifier?.Ready();
        _reporter?.Report();
    }

    /// <summary>Replaces the sockets in the store by those that listen now.</summary>
    private void Store()
    {
        if (!_options.StoreListeners || _notifier is not { } notifier)
            return;
        List<ListeningDescriptor> descriptors = [];
        try
        {
            foreach (var server in GetServers())
                descriptors.AddRange(server.ShareDescriptors());
            notifier.Remove(_options.StoreName);
            if (notifier.Store(_options.StoreName, [.. descriptors.Select(descriptor => descriptor.Handle)]))
                LogStored(descriptors.Count, _options.StoreName);
            _storedListeners = descriptors.Count;
        }
        finally
        {
            foreach (var descriptor in descriptors)
                descriptor.Dispose();
        }
    }

    [LoggerMessage(1712, LogLevel.Information, "{Count} listening sockets are in the descriptor store of systemd as {Name}.")]
    private partial void LogStored(int count, string name);

    [LoggerMessage(1714, LogLevel.Warning,
        "Connections are not stored over a restart, because the size of the descriptor store is not known: set " +
        "FileDescriptorStoreMax= in the unit and, before systemd 254, MaxStoredDescriptors to the same number.")]
    private partial void LogNoStore();

    [LoggerMessage(1713, LogLevel.Error, "The configuration could not be reloaded.")]
    private partial void LogReloadFailed(Exception error);
}
