using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Runs a period of load, and returns its counts.</summary>
internal delegate Task<PeriodResult> MeasurePeriod(PeriodPlan plan, CancellationToken stop);

/// <summary><c>--find</c>: tries rates until the highest is known that keeps a bound.</summary>
internal sealed class FindRun(MeasurePeriod measure, Bound bound, Action<string> write)
{
    private const double FirstShare = 0.5;
    private const double LimitShare = 1.5;
    private const double BackOff = 0.95;

    // The share of answers below which a rate was not reached.
    private const double ReachedShare = 0.97;
    private const int MaxConfirmations = 5;

    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns the plan at the rate that was found, which a last try confirmed.</summary>
    /// <exception cref="CommandException">No rate keeps the bound.</exception>
    public async Task<PeriodPlan> SearchAsync(PeriodPlan plan, CancellationToken stop)
    {
        plan = plan with { WarmUp = WarmUp, Grace = Grace };
        var capacity = (await measure(plan with { Rate = null, Duration = ProbeTime }, stop)).Rate;
        write($"closed loop: {RequestRate.Format(capacity)} a second");
        if (capacity <= 0)
            throw new CommandException(ExitCodes.Failed, "there was no answer, so that no rate can be searched.");
        var search = new RateSearch(capacity * FirstShare, capacity * LimitShare);
        while (search.Next is { } rate && !stop.IsCancellationRequested)
            search.Report(await TryAsync(plan with { Rate = rate }, stop));
        var found = search.Best;
        var isConfirmed = false;
        for (var i = 0; i < MaxConfirmations && found is not null && !isConfirmed && !stop.IsCancellationRequested; i++)
        {
            isConfirmed = await TryAsync(plan with { Rate = found }, stop) || await TryAsync(plan with { Rate = found }, stop);
            found = isConfirmed ? found : found * BackOff;
        }

        stop.ThrowIfCancellationRequested();
        if (found is not { } highest)
            throw new CommandException(ExitCodes.Failed, $"no rate keeps {bound.Text}: not even 1 request a second.");
        write(isConfirmed
            ? $"found: {RequestRate.Format(highest)} a second keeps {bound.Text}. It is measured once more:"
            : $"uncertain: {RequestRate.Format(highest)} a second; rates above it kept {bound.Text} once, then broke it.");
        return plan with { Rate = highest };
    }

    private async Task<bool> TryAsync(PeriodPlan plan, CancellationToken stop)
    {
        var result = await measure(plan, stop);
        var value = GetValue(LatencySummary.Create(result.Totals.Latency));
        var planned = result.Totals.Latency.Count;
        var isReached = result.Totals.Answers >= planned * ReachedShare;
        var isKept = isReached && bound.Holds(value);
        write(string.Create(
            CultureInfo.InvariantCulture,
            $"{RequestRate.Format(plan.Rate!.Value),8}/s: {bound.Metric} {value:0.000} ms, {(isKept ? "kept" : "broken")}")
            + (isReached ? "" : $", only {RequestRate.Format(result.Rate)}/s answered"));
        return isKept;
    }

    private double GetValue(LatencySummary latency) => bound.Metric switch
    {
        "p50" => latency.P50,
        "p90" => latency.P90,
        "p99" => latency.P99,
        "p999" => latency.P999,
        "max" => latency.Max,
        _ => latency.Mean,
    };
}
