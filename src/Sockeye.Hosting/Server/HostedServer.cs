namespace Sockeye.Hosting;

/// <summary>
/// A server of the host, for code that needs it: a singleton of the services, keyed by its section; that of "Sockeye" without a
/// key, too. From any thread.
/// </summary>
public sealed class HostedServer : ISockeyeServerAccessor
{
    internal const string DefaultSection = "Sockeye";

    private volatile SockeyeServer? _server;
    private volatile bool _isStopping;
    private volatile IReadOnlyList<string> _refusal = [];

    internal HostedServer(string section) => Section = section;

    /// <summary>Where its configuration is.</summary>
    public string Section { get; }

    /// <summary>Whether it was started, and is not stopped.</summary>
    public bool IsRunning => WasStarted && !_isStopping;

    /// <summary>The server; after the host's stop the one that was stopped.</summary>
    /// <exception cref="InvalidOperationException">It was not started yet.</exception>
    public SockeyeServer Server => _server ?? throw new InvalidOperationException(
        $"The server of the section \"{Section}\" was not started yet: it starts with the host. Ask for it later, for example in "
            + "IHostedLifecycleService.StartedAsync.");

    /// <summary>Why the newest configuration was refused: a sentence each; the server runs with the one before. Empty: it was
    /// not.</summary>
    public IReadOnlyList<string> RefusedReload => _refusal;

    internal bool WasStarted => _server is not null;

    internal void OnStarted(SockeyeServer server) => _server = server;

    internal void OnReloaded() => _refusal = [];

    internal void OnRefused(IReadOnlyList<string> errors) => _refusal = errors;

    internal void OnStopping() => _isStopping = true;
}
