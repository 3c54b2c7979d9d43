using System.IO.Pipelines;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>What the listeners of one server share. Safe from any thread.</summary>
internal sealed partial class ServerContext
{
    private readonly string _transport;
    private long _lastSequence;
    private bool _hasLoggedUncounted;

    public ServerContext(SockeyeServerOptions options)
    {
        _transport = options.Transport.GetType().Name;
        Time = options.TimeProvider;
        Scheduler = Scheduling.GetScheduler(options.Transport);
        Logger = new SafeLogger(options.LoggerFactory.CreateLogger("Sockeye.Server"));
        AcceptFailures = new(Time, Logger);
        Limit = new(options, Logger);
        History = options.MaxClosedHistory == 0 ? null : new(options.MaxClosedHistory);
    }

    public PipeScheduler Scheduler { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public AcceptFailureLog AcceptFailures { get; }

    /// <summary>The server's own limit on open connections, over all listeners.</summary>
    public ServerConnectionLimit Limit { get; }

    /// <summary>Null where no closed connections are kept.</summary>
    public ClosedHistory? History { get; }

    /// <summary>Null until the listeners start to accept.</summary>
    public LoadMonitor? Monitor { get; set; }

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
        "{Transport} does not tell what moves on its connections: of their timeouts only Lifetime works. Use a transport of " +
        "Sockeye's, or turn the others off.")]
    private static partial void LogUncounted(ILogger logger, string transport);
}
