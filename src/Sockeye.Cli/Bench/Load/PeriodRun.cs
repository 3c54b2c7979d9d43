namespace Sockeye.Cli;

/// <summary>Runs one period of load on the connections of a session, and takes a sample at the end of each interval.</summary>
/// <param name="session">The connections.</param>
/// <param name="plan">The length and the rate.</param>
/// <param name="server">The processes of the server, if they are known.</param>
/// <param name="readSigns">Reads the signs of saturation of the server; null without an admin page.</param>
internal sealed class PeriodRun(
    LoadSession session, PeriodPlan plan, LocalServer? server = null,
    Func<Task<IReadOnlyList<string>?>>? readSigns = null)
{
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(5);

    private readonly List<PeriodInterval> _intervals = [];
    private LoadTotals _last = new();
    private LoadTotals _current = new();
    private long _lastErrors;
    private ProcessorUse _lastUse;

    /// <summary>Called with each interval when it has ended.</summary>
    public Action<PeriodInterval>? OnInterval { get; init; }

    /// <summary>Runs the period. A cancellation ends it early, with the result up to then.</summary>
    public async Task<PeriodResult> RunAsync(CancellationToken stop)
    {
        var now = BenchClock.Now;
        var start = now + BenchClock.ToNanoseconds(plan.WarmUp);
        var recorder = new LoadRecorder(start, start + BenchClock.ToNanoseconds(plan.Duration), plan.Rate is not null);
        using var dispatcher = plan.Rate is { } rate
            ? new LoadDispatcher(new(rate, plan.Arrivals, plan.Burst, plan.Seed), now, recorder, plan.Budget)
            : null;
        var period = new LoadPeriod(recorder, dispatcher, plan.Budget);
        session.Begin(period);
        await WaitUntilAsync(period, start, stop);
        period.Slowest.Take();
        var threads = ThreadLoad.Read();
        var use = ReadUse(period);
        (_lastUse, _lastErrors) = (use, session.Errors.Total);
        var last = await RunIntervalsAsync(period, start, stop);
        period.Stop();
        dispatcher?.Join();
        var lastUse = ReadUse(period);
        var shares = ThreadLoad.Read().GetShares(threads, BenchClock.Now - start);

        await DrainAsync();
        var (unanswered, unsent) = RecordUnanswered(period);
        var end = GetEnd(period);
        AddInterval(period, last, Math.Max(end, last + 1), lastUse, await ReadSignsAsync());
        var totals = new LoadTotals();
        recorder.AddTo(totals);
        return new()
        {
            Totals = totals, Start = start, Length = Math.Max(1, end - start), Unanswered = unanswered, Unsent = unsent,
            Intervals = _intervals, ScheduleError = dispatcher?.ScheduleError, Use = lastUse.Since(use), Threads = shares,
        };
    }

    /// <summary>The end of the measurement: with a number of requests, the last answer.</summary>
    private static long GetEnd(LoadPeriod period)
    {
        if (!period.IsBudgetSpent && period.Dispatcher?.IsBudgetSpent is not true)
            return period.Recorder.End;
        var totals = new LoadTotals();
        period.Recorder.AddTo(totals);
        return totals.LastAnswer > 0 ? Math.Min(totals.LastAnswer, period.Recorder.End) : period.Recorder.End;
    }

    private (long Unanswered, long Unsent) RecordUnanswered(LoadPeriod period)
    {
        var unanswered = session.RecordUnanswered(period, BenchClock.Now);
        var unsent = 0L;
        foreach (var planned in period.Dispatcher?.TakeUnsent() ?? [])
        {
            if (planned < period.Recorder.Start)
                continue;
            unsent++;
            period.Recorder.Shard.AddUnanswered(planned, period.Recorder.End);
        }

        return (unanswered, unsent);
    }

    /// <summary>Takes a sample at the end of each interval but the last, whose start it returns.</summary>
    private async Task<long> RunIntervalsAsync(LoadPeriod period, long start, CancellationToken stop)
    {
        var interval = BenchClock.ToNanoseconds(plan.Interval);
        var at = start;
        // The rest of a division is a part of the last interval.
        for (; at + interval + (interval / 2) < period.Recorder.End; at += interval)
        {
            if (!await WaitUntilAsync(period, at + interval, stop))
                return at;
            AddInterval(period, at, at + interval, ReadUse(period), await ReadSignsAsync());
        }

        await WaitUntilAsync(period, period.Recorder.End, stop);
        return at;
    }

    /// <summary>Waits until the timestamp. Returns false if the period ends before.</summary>
    private async Task<bool> WaitUntilAsync(LoadPeriod period, long timestamp, CancellationToken stop)
    {
        while (timestamp - BenchClock.Now is > 0 and var left)
        {
            if (IsDone(period) || stop.IsCancellationRequested)
                return false;
            var time = BenchClock.ToTime(left) + TimeSpan.FromMilliseconds(1);
            var isBounded = plan.Budget is not long.MaxValue;
            await Task.Delay(isBounded && time > PollTime ? PollTime : time, TimeProvider.System, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return true;
    }

    private bool IsDone(LoadPeriod period) => plan.Budget is not long.MaxValue
        && (period.Dispatcher?.IsBudgetSpent ?? period.IsBudgetSpent) && session.OpenRequests == 0;

    private async Task DrainAsync()
    {
        var end = BenchClock.Now + BenchClock.ToNanoseconds(plan.Grace);
        while (session.OpenRequests > 0 && BenchClock.Now < end)
            await Task.Delay(PollTime, TimeProvider.System);
    }

    private void AddInterval(LoadPeriod period, long start, long end, ProcessorUse use, IReadOnlyList<string>? signs)
    {
        _current.Clear();
        period.Recorder.AddTo(_current);
        var errors = session.Errors.Total;
        var interval = new PeriodInterval(
            start, end - start, _current.Answers - _last.Answers, _current.BytesReceived - _last.BytesReceived,
            errors - _lastErrors, _current.Latency.Subtract(_last.Latency), _current.Uncorrected.Subtract(_last.Uncorrected),
            period.Slowest.Take(), use.Since(_lastUse), signs);
        (_last, _current, _lastErrors, _lastUse) = (_current, _last, errors, use);
        _intervals.Add(interval);
        OnInterval?.Invoke(interval);
    }

    private async Task<IReadOnlyList<string>?> ReadSignsAsync() => readSigns is null ? null : await readSigns();

    private ProcessorUse ReadUse(LoadPeriod period) => ProcessorUse.Read(period.Recorder, server);
}
