using System.IO.Pipelines;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>The objects that the listeners, connections and middleware of a running server share. They stay the same over
/// reloads. Safe for use from any thread.</summary>
internal sealed partial class ServerContext
{
    private readonly string _transport;
    private long _lastSequence;
    private bool _hasLoggedUncounted;

    public ServerContext(ServerConfiguration configuration)
    {
        _transport = configuration.Transport.GetType().Name;
        Time = configuration.TimeProvider;
        LoggerFactory = configuration.LoggerFactory;
        Scheduler = Scheduling.GetScheduler(configuration.Transport);
        Logger = CreateLogger("Sockeye.Server");
        Timer = new(Time, error => Logger.LogOutsideException(error, "serving a time limit", "the server"));
        AcceptFailures = new(Time, Logger);
        Limit = new(configuration, Timer, Logger);
        History = configuration.MaxClosedHistory == 0 ? null : new(configuration.MaxClosedHistory);
    }

    public PipeScheduler Scheduler { get; }

    public TimeProvider Time { get; }

    /// <summary>The timer of all timeouts of connections.</summary>
    public CoarseTimer Timer { get; }

    public ILoggerFactory LoggerFactory { get; }

    public ILogger Logger { get; }

    public AcceptFailureLog AcceptFailures { get; }

    /// <summary>The server's own limit on open connections, over all listeners.</summary>
    public ServerConnectionLimit Limit { get; }

    /// <summary>The connections that ended last; null if the server keeps none.</summary>
    public ClosedHistory? History { get; }

    /// <summary>Null until the listeners start to accept.</summary>
    public LoadMonitor? Monitor { get; set; }

    /// <summary>Creates a logger that does not throw.</summary>
    public ILogger CreateLogger(string category) => new SafeLogger(LoggerFactory.CreateLogger(category));

    /// <summary>Returns the next number of a connection: a stop or an abort reaches the connections of all listeners in this
    /// order, the same in every run of a seed.</summary>
    public long NextSequence() => Interlocked.Increment(ref _lastSequence);

    /// <summary>Logs, once, that the transport does not count the bytes that timeouts need.</summary>
    public void OnUncounted()
    {
        if (!Interlocked.Exchange(ref _hasLoggedUncounted, true))
            LogUncounted(Logger, _transport);
    }

    [LoggerMessage(1350, LogLevel.Warning,
        "{Transport} does not count the bytes of its connections: of their timeouts, only Lifetime works. Use a transport of " +
        "Sockeye, or turn the others off.")]
    private static partial void LogUncounted(ILogger logger, string transport);
}
