using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sockeye.Hosting;

/// <summary>The admin page of a server of the host: from when all services have started until all have stopped, so that a drain
/// can be watched.</summary>
internal sealed class AdminService(
    HostedServer hosted, string applicationName, Action<SockeyeAdminOptions>? configure, ILoggerFactory loggerFactory)
    : IHostedLifecycleService
{
    private SockeyeAdmin? _admin;

    public async Task StartedAsync(CancellationToken cancellationToken) =>
        _admin = await SockeyeAdmin.StartAsync(hosted.Server, Configure, cancellationToken).ConfigureAwait(false);

    public Task StoppedAsync(CancellationToken cancellationToken) => _admin?.DisposeAsync().AsTask() ?? Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Configure(SockeyeAdminOptions options)
    {
        options.LoggerFactory = loggerFactory;
        options.Name = hosted.Section != HostedServer.DefaultSection ? hosted.Section
            : applicationName.Length > 0 ? applicationName
            : null;
        configure?.Invoke(options);
    }
}
