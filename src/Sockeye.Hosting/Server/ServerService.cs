using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Sockeye.Hosting;

/// <summary>Starts a server with the host, reloads it with its configuration, and stops it with the host.</summary>
internal sealed partial class ServerService : IHostedService, IAsyncDisposable, IDisposable
{
    private readonly HostedServer _hosted;
    private readonly ServerOptionsFactory _optionsFactory;
    private readonly IConfiguration _configuration;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly Lock _lock = new();
    private string _applied = "";
    private IDisposable? _watch;
    private Task _reloading = Task.CompletedTask;

    public ServerService(
        HostedServer hosted,
        ServerOptionsFactory optionsFactory,
        IConfiguration configuration,
        IHostApplicationLifetime lifetime,
        ILoggerFactory loggerFactory)
    {
        (_hosted, _optionsFactory, _configuration, _lifetime) = (hosted, optionsFactory, configuration, lifetime);
        _logger = new(loggerFactory.CreateLogger("Sockeye.Hosting"));
    }

    public HostedServer Hosted => _hosted;

    private IConfigurationSection Section => _configuration.GetSection(_hosted.Section);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Registered before the configuration is read, so that no change is missed.
        _watch = ChangeToken.OnChange(_configuration.GetReloadToken, OnChanged);
        var text = SettingsText.Create(Section);
        var options = _optionsFactory.Create(Section, out var errors);
        if (errors.Count > 0)
            throw new OptionsValidationException(_hosted.Section, typeof(SockeyeServerOptions), errors);
        _hosted.OnStarted(await SockeyeServer.StartAsync(options, cancellationToken).ConfigureAwait(false));
        _applied = text;
        HostingMetrics.Add(_hosted);
        _ = StopAfterTakeoverAsync();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _watch?.Dispose();
        Task reloading;
        lock (_lock)
        {
            _hosted.OnStopping();
            reloading = _reloading;
        }

        HostingMetrics.Remove(_hosted);
        await reloading.ConfigureAwait(false);
        if (_hosted.WasStarted)
            await _hosted.Server.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns a task that completes when the changes of the configuration until now are applied or refused.</summary>
    public Task WhenReloadedAsync()
    {
        lock (_lock)
            return _reloading;
    }

    /// <summary>Ends the server. A host whose start fails at another service is disposed without a stop; nothing stays
    /// bound.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_hosted.IsRunning)
            await StopAsync(new(canceled: true)).ConfigureAwait(false);
        _watch?.Dispose();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Runs reloads one after the other, each with the current configuration.</summary>
    private void OnChanged()
    {
        lock (_lock)
        {
            if (_hosted.IsRunning)
                _reloading = ReloadAfterAsync(_reloading);
        }
    }

    /// <summary>Ends the host when another process has taken over.</summary>
    private async Task StopAfterTakeoverAsync()
    {
        await _hosted.Server.TakenOver.ConfigureAwait(false);
        _lifetime.StopApplication();
    }

    private async Task ReloadAfterAsync(Task before)
    {
        await before.ConfigureAwait(false);
        try
        {
            await ReloadAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // On any exception, including one of user code, the server continues, and the refusal is reported.
            Refuse([error.Message], error);
        }
    }

    private async Task ReloadAsync()
    {
        var text = SettingsText.Create(Section);
        // The configuration reports every change, in all of its sections.
        if (text == _applied && _hosted.RefusedReload.Count == 0)
            return;
        if (text.Length == 0 && _applied.Length > 0)
        {
            Refuse([$"{_hosted.Section} is no longer in the configuration: its file may be missing or broken. Put it back, or "
                + "stop the host to end the server."]);
            return;
        }

        var options = _optionsFactory.Create(Section, out var errors);
        if (errors.Count > 0)
        {
            Refuse(errors);
            return;
        }

        var result = await _hosted.Server.ReloadAsync(options).ConfigureAwait(false);
        _applied = text;
        _hosted.OnReloaded();
        HostingMetrics.OnReload(_hosted, HostingMetrics.Applied);
        LogReloaded(_hosted.Section, result);
    }

    private void Refuse(IReadOnlyList<string> errors, Exception? error = null)
    {
        _hosted.OnRefused(errors);
        HostingMetrics.OnReload(_hosted, HostingMetrics.Refused);
        LogRefused(error, _hosted.Section, string.Join(" ", errors));
    }
}
