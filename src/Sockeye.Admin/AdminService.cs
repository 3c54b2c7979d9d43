using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sockeye.Admin;

/// <summary>Serves the admin page of a server that the host runs: from when all services have started until all have stopped, so
/// that it shows how the server drains.</summary>
/// <param name="section">The server's section, which is its name.</param>
/// <param name="hosted">The server. It is read once all services have started.</param>
/// <param name="applicationName">The name of the host's application; empty where it has none.</param>
/// <param name="configure">Changes the options of the page.</param>
/// <param name="loggerFactory">Where the page logs.</param>
internal sealed class AdminService(
    string section, ISockeyeServerAccessor hosted, string applicationName, Action<SockeyeAdminOptions>? configure,
    ILoggerFactory loggerFactory)
    : IHostedLifecycleService
{
    /// <summary>The section of a server that <c>AddSockeyeServer</c> got no section for.</summary>
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
