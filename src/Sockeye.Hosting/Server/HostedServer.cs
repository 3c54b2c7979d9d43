namespace Sockeye.Hosting;

/// <summary>
/// Gives code access to a server of the host. It is a singleton service, keyed by its section; that of "Sockeye" is also
/// available without a key. It is safe for concurrent callers.
/// </summary>
public sealed class HostedServer : ISockeyeServerAccessor
{
    internal const string DefaultSection = "Sockeye";

    private volatile SockeyeServer? _server;
    private volatile bool _isStopping;
    private volatile IReadOnlyList<string> _refusal = [];

    internal HostedServer(string section) => Section = section;

    /// <summary>Gets the section of its configuration.</summary>
    public string Section { get; }

    /// <summary>Gets whether the server is started and not stopped.</summary>
    public bool IsRunning => WasStarted && !_isStopping;

    /// <summary>Gets the server; after the stop of the host, the stopped server.</summary>
    /// <exception cref="InvalidOperationException">The server has not started yet.</exception>
    public SockeyeServer Server => _server ?? throw new InvalidOperationException(
        $"The server of the section \"{Section}\" has not started yet: it starts with the host. Use it later, for example in "
            + "IHostedLifecycleService.StartedAsync.");

    /// <summary>Gets the errors of the latest configuration, one sentence each, if it was refused and the server runs with the
    /// previous one; otherwise empty.</summary>
    public IReadOnlyList<string> RefusedReload => _refusal;

    internal bool WasStarted => _server is not null;

    internal void OnStarted(SockeyeServer server) => _server = server;

    internal void OnReloaded() => _refusal = [];

    internal void OnRefused(IReadOnlyList<string> errors) => _refusal = errors;

    internal void OnStopping() => _isStopping = true;
}
