using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Keeps open connections in the descriptor store of systemd while the service restarts (docs/upgrade.md).</summary>
/// <remarks>
/// The sockets are stored with the states of their connections, beside them in files in memory. <c>AddSockeyeSystemd</c> of a
/// host does it with <c>StoreConnections</c>. Only endpoints with <c>UseMoving</c> take part. Call each method once. Linux only.
/// </remarks>
public sealed class SystemdConnectionStore
{
    /// <summary>The name of the descriptors in the store (<c>FDNAME</c>): "sockeye-conn".</summary>
    public const string Name = "sockeye-conn";

    /// <summary>The maximum number of descriptors that <see cref="StoreAsync"/> stores: 4,000. systemd compares each one with all
    /// that it has, and does nothing else meanwhile. The variable with their names has at most 128 KiB, too
    /// (<c>MAX_ARG_STRLEN</c>, execve(2)).</summary>
    public const int MaxDescriptors = 4_000;

    private readonly SystemdNotifier _notifier;
    private readonly ConnectionStoreLog _log;
    private readonly TimeProvider _time;

    /// <param name="notifier">The notifier, which the caller keeps.</param>
    /// <param name="log">The log.</param>
    /// <param name="time">The clock of deadlines and pauses. Default: null, that of the system, which continues over
    /// processes.</param>
    public SystemdConnectionStore(SystemdNotifier notifier, ILogger log, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(log);
        (_notifier, _log, _time) = (notifier, new(log), time ?? TimeProvider.System);
    }

    /// <summary>Pauses the connections of servers, and stores those that can move. The servers accept no more clients, and have
    /// to be stopped afterwards: what is not stored is served until then.</summary>
    /// <remarks>When it completes, systemd has confirmed that it has processed the descriptors, and the process may
    /// end.</remarks>
    /// <param name="servers">The servers.</param>
    /// <param name="maxDescriptors">The number of descriptors that are free in the store (<c>FileDescriptorStoreMax=</c>). Up to
    /// 253 connections need one more than their number. Range: at least 0; at most <see cref="MaxDescriptors"/> are used.</param>
    /// <param name="cancellationToken">Ends the wait for handlers; the connections of these stay.</param>
    /// <returns>The number of connections that were stored.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public Task<int> StoreAsync(
        IReadOnlyList<SockeyeServer> servers, int maxDescriptors, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(servers);
        ArgumentOutOfRangeException.ThrowIfNegative(maxDescriptors);
        return new ConnectionSaver(_notifier, _log, _time, Math.Min(maxDescriptors, MaxDescriptors))
            .SaveAsync(servers, cancellationToken);
    }

    /// <summary>Continues the connections that the process before has stored, and removes them from the store. What cannot
    /// continue is closed, with a line in the log (event 1347).</summary>
    /// <param name="servers">The servers, which have started.</param>
    /// <returns>The number of connections that continue.</returns>
    /// <exception cref="InvalidOperationException">A variable <c>LISTEN_*</c> is invalid. The message names it.</exception>
    public Task<int> RestoreAsync(IReadOnlyList<SockeyeServer> servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        return RestoreAsync(SystemdSockets.Shared, servers);
    }

    internal Task<int> RestoreAsync(SystemdSockets sockets, IReadOnlyList<SockeyeServer> servers) =>
        new ConnectionRestorer(_notifier, _log, _time).RestoreAsync(sockets, servers);
}
