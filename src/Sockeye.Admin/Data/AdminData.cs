using System.Globalization;
using System.Text.Json;

namespace Sockeye.Admin;

/// <summary>Returns the data of the page as JSON.</summary>
internal sealed class AdminData(SockeyeServer server, ServerIdentity identity, Sampler sampler, TimeProvider time)
{
    private readonly ConnectionPages _pages = new(server, time);

    public byte[] Server()
    {
        var (last, previous) = sampler.Latest;
        var load = server.GetLoad();
        return JsonSerializer.SerializeToUtf8Bytes(
            new ServerView(
                time.GetUtcNow(),
                identity.Name,
                server.Uptime.TotalSeconds,
                time.GetElapsedTime(sampler.Start).TotalSeconds,
                new(identity.Engine, identity.EngineReason),
                new(
                    Environment.ProcessId,
                    ServerIdentity.Host,
                    ServerIdentity.ProgramName,
                    ServerIdentity.Version,
                    ServerIdentity.SockeyeVersion,
                    ServerIdentity.Runtime,
                    ServerIdentity.ProcessStart,
                    Environment.ProcessorCount,
                    sampler.Rate(last, previous, static sample => sample.Processor.Ticks) / TimeSpan.TicksPerSecond,
                    Environment.WorkingSet,
                    GC.GetTotalMemory(forceFullCollection: false)),
                load.StopTimeLeft is { } left
                    ? new(load.Connections, left == Timeout.InfiniteTimeSpan ? null : left.TotalSeconds, DrainText.Describe(load))
                    : null,
                load.Connections,
                load.MaxConnections,
                load.Waiting,
                load.LongestWait.TotalSeconds,
                load.ReadPaused,
                load.SendBlocked,
                load.ReadsStalled,
                load.SendsStalled,
                sampler.Rate(last, previous, static sample => sample.Accepted),
                sampler.Rate(last, previous, static sample => sample.Received),
                sampler.Rate(last, previous, static sample => sample.Sent),
                [.. load.UnplannedSigns.Select(sign => new SignView(
                    Names.GetName(sign.Kind), sign.EndPoint?.ToString(), sign.Level, sign.Description))],
                [.. Listeners(load, last, previous)],
                [.. server.Takeovers.Select(one => new TakeoverView(
                    Names.GetName(one.Outcome), one.ProcessId, one.EndedAt, one.Duration.TotalSeconds, one.Listeners, one.Moved,
                    one.Stayed, one.Cut, one.MedianPause?.TotalSeconds, one.P99Pause?.TotalSeconds, one.MaxPause?.TotalSeconds,
                    one.Reason))]),
            AdminJson.Default.ServerView);
    }

    /// <summary>Returns one page of connections.</summary>
    public byte[] Connections(ConnectionQuery query) =>
        JsonSerializer.SerializeToUtf8Bytes(_pages.Get(query), AdminJson.Default.ConnectionsView);

    public byte[] Closed()
    {
        var closed = server.GetClosedConnections();
        var causes = closed.CountBy(each => (each.CloseReason.Cause, each.CloseReason.By))
            .OrderByDescending(each => each.Value)
            .Select(each => new CloseCount(Names.GetName(each.Key.Cause), Names.GetName(each.Key.By), each.Value));
        var rows = closed.Take(ConnectionQuery.MaxRows).Select(each => new ClosedRow(
            each.ConnectionId, Names.GetName(each.ListenerEndPoint), each.LocalEndPoint?.ToString(),
            each.RemoteEndPoint?.ToString(), each.ClosedAt, each.Duration.TotalSeconds, each.BytesReceived, each.BytesSent,
            Names.GetName(each.CloseReason.Cause), Names.GetName(each.CloseReason.By), each.CloseReason.Description));
        return JsonSerializer.SerializeToUtf8Bytes(new ClosedView([.. causes], [.. rows]), AdminJson.Default.ClosedView);
    }

    /// <summary>Returns the samples from <c>since</c> on, or all without <c>since</c>.</summary>
    /// <exception cref="HttpRefusal"><c>since</c> is not a number.</exception>
    public byte[] History(Dictionary<string, string> arguments)
    {
        long since = 0;
        if (arguments.TryGetValue("since", out var text)
            && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out since))
        {
            throw HttpRefusal.Bad($"since is \"{text}\", and must be the number that the previous response had as next");
        }

        var samples = sampler.From(since);
        var view = new HistoryView(
            sampler.Interval.TotalSeconds,
            samples.Count == 0 ? since : samples[^1].Sample.Number + 1,
            [.. samples.Select(each => time.GetElapsedTime(sampler.Start, each.Sample.Timestamp).TotalSeconds)],
            [.. samples.Select(each => each.Sample.Load.Connections)],
            [.. Rates(static sample => sample.Accepted)],
            [.. Rates(static sample => sample.Received)],
            [.. Rates(static sample => sample.Sent)],
            [.. samples.Select(each => each.Sample.FullestQueue.Depth)],
            [.. samples.Select(each => each.Sample.FullestQueue.Limit)],
            [.. samples.Select(each => each.Sample.Load.Waiting)],
            [.. samples.Select(each => each.Sample.Load.ReadPaused)],
            [.. samples.Select(each => each.Sample.Load.SendBlocked)]);
        return JsonSerializer.SerializeToUtf8Bytes(view, AdminJson.Default.HistoryView);

        IEnumerable<double?> Rates(Func<Sample, long> count) =>
            samples.Select(each => sampler.Rate(each.Sample, each.Previous, count));
    }

    private IEnumerable<ListenerView> Listeners(ServerLoad load, Sample last, Sample? previous) =>
        load.Listeners.Select(listener => new ListenerView(
            Names.GetName(listener.EndPoint),
            listener.IsListening,
            listener.Middleware,
            listener.Accepted,
            sampler.Rate(last, previous, sample => sample.AcceptedBy(listener.EndPoint)),
            listener.Open,
            listener.AcceptQueueDepth,
            listener.AcceptQueueLimit,
            listener.AcceptFailingFor?.TotalSeconds,
            listener.HeldFor?.TotalSeconds));
}
