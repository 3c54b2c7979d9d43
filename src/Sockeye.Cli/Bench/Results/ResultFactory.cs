using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Makes a result from the counts of a period, with the sentences that say what limits it.</summary>
internal static class ResultFactory
{
    private const double MissingShare = 0.02;
    private const double BusyShare = 0.9;
    private const double LateMilliseconds = 1;
    private const int MaxSlowest = 10;

    /// <param name="session">The connections.</param>
    /// <param name="plan">The plan of the period.</param>
    /// <param name="period">The counts.</param>
    /// <param name="targets">The targets, as they were typed.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="server">The processes of the server, if they are known.</param>
    public static BenchResult Create(
        LoadSession session, PeriodPlan plan, PeriodResult period, IReadOnlyList<string> targets, string engine,
        LocalServer? server)
    {
        var slowest = period.Intervals.Select(each => ToRow(each.Slowest, period.Start)).ToList();
        var latency = LatencySummary.Create(period.Totals.Latency);
        var isSaturated = plan.Rate is not null && IsSaturated(session.Settings, period);
        var late = period.ScheduleError is null ? null : LatencySummary.Create(period.ScheduleError);
        var pauses = PauseFinder.Find(slowest, latency.P50);
        var isLimited = IsGeneratorLimited(plan, period, late, isSaturated);
        return new()
        {
            Targets = targets,
            Engine = engine,
            Loop = plan.Rate is null ? "closed" : "open",
            Connections = session.Settings.Connections,
            Pipeline = session.Settings.Pipeline,
            RequestBytes = session.Settings.IsReceiveOnly ? 0 : session.Settings.Messages.Size,
            Seconds = Math.Round(period.Seconds, 3),
            AskedRate = plan.Rate,
            Rate = Math.Round(period.Rate, 2),
            Answers = period.Totals.Answers,
            Errors = session.Errors.Total,
            ErrorsByKind = session.Errors.Errors,
            ErrorExamples = session.Errors.Examples,
            ClosedByServer = session.Errors.Closed,
            Unanswered = period.Unanswered,
            Unsent = period.Unsent,
            Saturated = isSaturated,
            GeneratorLimited = isLimited,
            LatencyMs = latency,
            UncorrectedMs = LatencySummary.Create(period.Totals.Uncorrected),
            ConnectMs = LatencySummary.Create(session.ConnectTimes),
            FirstByteMs = LatencySummary.Create(session.FirstByteTimes),
            ScheduleErrorMs = late,
            SentBytesPerSecond = session.Settings.IsReceiveOnly ? 0 : Math.Round(period.Rate * session.Settings.Messages.Size),
            ReceivedBytesPerSecond = Math.Round(period.Totals.BytesReceived / period.Seconds),
            Generator = new(
                period.Use.OwnUs, Math.Round(period.Threads.Busiest, 3), Math.Round(period.Threads.Waiting, 3)),
            Server = server is null || period.Use.Server is not { } cpu ? null : new(
                [.. server.Processes.Select(process => process.ProcessId)], server.Processes[0].Name, period.Use.ServerUs!.Value,
                Math.Round((double)cpu / period.Length, 3)),
            Pauses = pauses,
            Slowest = [.. slowest.OfType<SlowRequestRow>().OrderByDescending(each => each.Ms).Take(MaxSlowest)],
            Intervals = [.. period.Intervals.Select(each => ToRow(each, period.Start))],
            Notes = [.. DescribeLimits(plan, period, isSaturated, isLimited, late), .. DescribePauses(pauses)],
        };
    }

    /// <summary>Whether more requests of the plan had no answer in time than can be open at the end of any run.</summary>
    private static bool IsSaturated(LoadSettings settings, PeriodResult period)
    {
        var planned = period.Totals.Latency.Count;
        var missing = planned - period.Totals.Answers;
        return missing > planned * MissingShare && missing > (long)settings.Connections * settings.Pipeline;
    }

    private static bool IsGeneratorLimited(PeriodPlan plan, PeriodResult period, LatencySummary? late, bool isSaturated)
    {
        var isBusy = period.Threads.Busiest + period.Threads.Waiting >= BusyShare;
        // A closed loop always works as fast as one of the two sides allows.
        return plan.Rate is null ? isBusy : (isSaturated && isBusy) || late is { P99: > LateMilliseconds };
    }

    private static IEnumerable<string> DescribeLimits(
        PeriodPlan plan, PeriodResult period, bool isSaturated, bool isLimited, LatencySummary? late)
    {
        if (isSaturated)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Saturated: {RequestRate.Format(period.Rate)} a second of {RequestRate.Format(plan.Rate!.Value)} that were "
                    + $"asked. Requests that were not answered count with the time they have waited: latencies are lower "
                    + $"bounds.");
        }

        if (isLimited && late is { P99: > LateMilliseconds })
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The generator sent late: 1 % of the requests by {late.P99:0.##} ms or more. This machine lacks processor time; "
                    + $"a part of the latency is that of the generator.");
        }
        else if (isLimited)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"The generator is the limit: a thread of it ran for {period.Threads.Busiest:P0} of the time, and waited for a "
                    + $"processor for {period.Threads.Waiting:P0}. The server may do more: raise --threads, or use another "
                    + $"machine.");
        }

        if (period.Unanswered > 0)
        {
            yield return
                $"{QuantityText.FormatCount(period.Unanswered, "request")} had no answer "
                    + $"{QuantityText.FormatTime(plan.Grace)} after the end.";
        }
    }

    private static IEnumerable<string> DescribePauses(IReadOnlyList<Pause> pauses)
    {
        if (pauses.Count == 0)
            yield break;
        var longest = pauses.MaxBy(pause => pause.Ms)!;
        var period = PauseFinder.FindPeriod(pauses) is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $", about every {seconds:0.0} s") : "";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{(pauses.Count == 1 ? "1 pause" : $"{pauses.Count} pauses")}{period}; the longest, {longest.Ms:0.0} ms, began at "
                + $"{longest.At:0.00} s, and its answers came in interval {longest.Interval}.");
    }

    private static SlowRequestRow? ToRow(SlowRequest? request, long start) => request is null ? null : new(
        Math.Round((request.At - start) / 1e9, 4), LatencySummary.ToMilliseconds(request.Latency),
        LatencySummary.ToMilliseconds(request.Waited), request.Connection, request.Local,
        request.Tcp?.RoundTripTime?.TotalMilliseconds, request.Tcp?.Retransmits);

    private static IntervalRow ToRow(PeriodInterval interval, long start) => new(
        Math.Round((interval.Start - start) / 1e9, 3), Math.Round(interval.Length / 1e9, 3), Math.Round(interval.Rate, 1),
        interval.Errors, LatencySummary.Create(interval.Latency), LatencySummary.Create(interval.Uncorrected),
        interval.Use.ServerUs, interval.Signs);
}
