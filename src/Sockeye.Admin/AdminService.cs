using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sockeye.Admin;

/// <summary>
/// Serves the admin page of a server of the host, after all services have started and until all have stopped, so that the page
/// shows the drain.
/// </summary>
/// <param name="section">The server's section, which is its name.</param>
/// <param name="hosted">The server. It is read after all services have started.</param>
/// <param name="applicationName">The name of the host's application; empty if it has none.</param>
/// <param name="configure">Changes the options of the page.</param>
/// <param name="loggerFactory">The factory of the page's logger.</param>
internal sealed class AdminService(
    string section, ISockeyeServerAccessor hosted, string applicationName, Action<SockeyeAdminOptions>? configure,
    ILoggerFactory loggerFactory)
    : IHostedLifecycleService
{
    /// <summary>The default section of <c>AddSockeyeServer</c>.</summary>
    public const string DefaultSection = "Sockeye";

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
        options.Name = section != DefaultSection ? section
            : applicationName.Length > 0 ? applicationName
            : null;
        configure?.Invoke(options);
    }
}
