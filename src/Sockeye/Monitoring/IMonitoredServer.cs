using System.Net;

namespace Sockeye;

/// <summary>A running server, as monitoring reads it. Safe from any thread, without a lock.</summary>
internal interface IMonitoredServer
{
    /// <summary>The listeners that accept clients, in the order of the options.</summary>
    IReadOnlyList<IMonitoredListener> Listeners { get; }

    /// <summary>All listeners, including those that a reload removed while they had connections.</summary>
    IReadOnlyList<IMonitoredListener> AllListeners { get; }

    int ConnectionCount { get; }

    int MaxConnections { get; }

    /// <summary>The handlers that block threads of the transport.</summary>
    IReadOnlyList<BlockingHandler> BlockingHandlers { get; }

    /// <summary>The time that handlers have left to finish; null while the server is not being stopped.</summary>
    TimeSpan? StopTimeLeft { get; }
}

/// <summary>A listener of a running server, as monitoring reads it. Safe from any thread, without a lock.</summary>
internal interface IMonitoredListener
{
    /// <summary>The bound address.</summary>
    EndPoint EndPoint { get; }

    /// <summary>The address, as tags of metrics.</summary>
    KeyValuePair<string, object?>[] Tags { get; }

    /// <summary>The middleware before the handler, in order, with arguments.</summary>
    IReadOnlyList<string> MiddlewareNames { get; }

    AcceptStatus Status { get; }

    /// <summary>
    /// The length and the limit of the accept queue. Makes one system call. Null if the system does not report them.
    /// </summary>
    AcceptQueueInfo? Queue { get; }

    /// <summary>The limit on the endpoint's connections; null if only that of the server applies.</summary>
    int? MaxConnections { get; }

    long AcceptedCount { get; }

    /// <summary>The number of open connections, including those that are being refused.</summary>
    long OpenCount { get; }

    /// <summary>The number of connections whose handler has not started.</summary>
    int WaitingHandlers { get; }

    /// <summary>The bytes of all connections so far. Never decreases.</summary>
    (long Received, long Sent) Traffic { get; }

    /// <summary>
    /// The open connections, in no particular order and without a copy. The enumeration may miss connections that open or close
    /// meanwhile.
    /// </summary>
    IEnumerable<IMonitoredConnection> Connections { get; }
}

/// <summary>An open connection of a running server, as monitoring reads it. Safe from any thread, without a lock.</summary>
internal interface IMonitoredConnection
{
    string Id { get; }

    HandlerPhase Phase { get; }

    /// <summary>The time since it was accepted.</summary>
    TimeSpan Age { get; }

    /// <summary>The progress; null if the transport does not report it.</summary>
    IConnectionProgressFeature? Progress { get; }
}
