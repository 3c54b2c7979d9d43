using System.Globalization;

namespace Sockeye;

/// <summary>
/// Decides when a value becomes a sign, and its level and description. <see cref="SaturationKind"/> and docs/operations.md
/// document the numbers.
/// </summary>
internal static class SaturationRules
{
    internal const double QueueThreshold = 0.5;
    internal const double ConnectionsThreshold = 0.8;
    internal static readonly TimeSpan WaitThreshold = TimeSpan.FromMilliseconds(250);
    internal static readonly TimeSpan HeldThreshold = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FullLevelWait = TimeSpan.FromSeconds(5);

    public static SaturationSign? AcceptQueue(ListenerInfo listener) =>
        listener.Queue is { Depth: > 0 } queue && queue.FillRatio >= QueueThreshold
            ? new(
                SaturationKind.AcceptQueue, queue.FillRatio,
                new(
                    $"{Count(queue.Depth, "client waits", "clients wait")} in the accept queue of {listener.EndPoint}, "
                        + $"whose limit is {queue.Limit}: a full queue drops clients; find what keeps the server from accepting, "
                        + "or raise net.core.somaxconn and the limit of the queue",
                    "Backlog"),
                listener.EndPoint)
            : null;

    public static SaturationSign? Connections(int open, int max) => open >= max * ConnectionsThreshold
        ? new(
            SaturationKind.Connections, (double)open / max,
            new($"{open} of {max} connections are open", "MaxConnections", ": raise it, or find the clients that keep them open"))
        : null;

    /// <param name="counts">The connections that wait.</param>
    /// <param name="wait">The time that the probe of the scheduler has waited for a thread.</param>
    public static SaturationSign? HandlersWaiting(in ConnectionCounts counts, TimeSpan wait)
    {
        var longest = counts.LongestWaitForThread > wait ? counts.LongestWaitForThread : wait;
        if (longest < WaitThreshold)
            return null;
        var what = counts.WaitingForThread > 0
            ? $"{Count(counts.WaitingForThread, "new client waits", "new clients wait")} for a thread, for up to "
                + $"{FormatSeconds(longest)} s"
            : $"no thread has been free for {FormatSeconds(longest)} s";
        return new(
            SaturationKind.HandlersWaiting, GetLevel(longest),
            new($"{what}: find handlers that block threads of the pool (Wait, Result, locks) or compute for a long time"));
    }

    public static SaturationSign? HandlersBlocked(IReadOnlyList<BlockingHandler> blocking)
    {
        if (blocking.MaxBy(handler => handler.Time) is not { } worst)
            return null;
        var others = blocking.Count == 1 ? "" : $" ({Count(blocking.Count - 1, "more such thread", "more such threads")})";
        return new(
            SaturationKind.HandlersBlocked, GetLevel(worst.Time),
            new(
                $"the handler of {worst.ConnectionId} ({worst.RemoteEndPoint}) has blocked its engine thread, {worst.Thread}, "
                    + $"for {FormatSeconds(worst.Time)} s, and "
                    + $"{Count(worst.Waiting, "other connection waits", "other connections wait")}{others}: "
                    + "make it asynchronous, or turn off inline handlers",
                "UnsafePreferInlineScheduling"));
    }

    public static SaturationSign? AcceptFailing(ListenerInfo listener)
    {
        if (listener is not { AcceptFailingFor: { } time, Status: { Error: { } error } status })
            return null;
        var what = $"{listener.EndPoint} has failed to accept for {FormatSeconds(time)} s, because";
        return new(
            SaturationKind.AcceptFailing, GetLevel(time),
            status.IsExhausted
                ? new(
                    $"{what} descriptors or memory have run out: raise the limit of open files (ulimit -n), or lower the "
                        + "limit of connections",
                    "MaxConnections")
                : new($"{what} {SentenceText.TrimFullStop(error.Message)}: see event 1101 in the log"),
            listener.EndPoint);
    }

    /// <summary>Returns a sign if clients wait for a limit. A reached limit without waiting clients is not a sign.</summary>
    public static SaturationSign? AcceptHeld(ListenerInfo listener)
    {
        if (listener.HeldFor is not { } time || time < HeldThreshold || listener.Queue is { Depth: 0 })
            return null;
        var clients = listener.Queue is { } queue ? Count(queue.Depth, "client", "clients") : "clients";
        return new(
            SaturationKind.AcceptHeld, 0.5 + ((listener.Queue?.FillRatio ?? 0) / 2),
            new(
                $"a limit keeps {clients} of {listener.EndPoint} in the accept queue, which has not been empty for "
                    + $"{FormatSeconds(time)} s: raise the limit, or find which connections keep its permits",
                listener.Status.HeldBy),
            listener.EndPoint);
    }

    public static SaturationSign? NotListening(ListenerInfo listener, bool isStopping) => listener.IsListening
        ? null
        : new(
            SaturationKind.NotListening, isStopping ? 0.5 : 1,
            new(isStopping
                ? $"{listener.EndPoint} does not listen: the server is being stopped"
                : $"{listener.EndPoint} no longer listens: its listener ended by itself (event 1103), so restart the "
                    + "server"),
            listener.EndPoint);

    public static SaturationSign? SendsStalled(in Stalls stalls, int open) => stalls.Worst is not { } worst
        ? null
        : new(
            SaturationKind.SendsStalled, GetLevel(stalls, open),
            new(
                (stalls.Count == 1
                    ? $"the peer of {worst.Id} has read nothing for {FormatSeconds(stalls.Longest)} s while data waits for it"
                    : $"{stalls.Count} peers have read nothing for {Stalls.Threshold.TotalSeconds:0} s or longer while data "
                        + $"waits for them, that of {worst.Id} for {FormatSeconds(stalls.Longest)} s")
                + ": find out what keeps such a client from reading; a timeout resets such a connection",
                "Timeouts.WriteStall"));

    public static SaturationSign? ReadsStalled(in Stalls stalls, int open) => stalls.Worst is not { } worst
        ? null
        : new(
            SaturationKind.ReadsStalled, GetLevel(stalls, open),
            new(
                (stalls.Count == 1
                    ? $"the handler of {worst.Id} has read nothing for {FormatSeconds(stalls.Longest)} s while data of its peer "
                        + "waits"
                    : $"{stalls.Count} handlers have read nothing for {Stalls.Threshold.TotalSeconds:0} s or longer while data "
                        + $"of their peers waits, that of {worst.Id} for {FormatSeconds(stalls.Longest)} s")
                + ": find out what such a handler waits for"));

    /// <summary>Stays below 1, because peers that do not read are not a reason to take a server out of service.</summary>
    private static double GetLevel(in Stalls stalls, int open) =>
        0.5 + (Math.Min(1, (double)stalls.Count / Math.Max(1, open)) / 4);

    private static string Count(int count, string one, string many) => $"{count} {(count == 1 ? one : many)}";

    private static double GetLevel(TimeSpan wait) => 0.5 + (wait / FullLevelWait / 2);

    private static string FormatSeconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
}
