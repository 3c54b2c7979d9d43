namespace Sockeye.Cli;

/// <summary>Loads a target for one window, and returns its measurements.</summary>
internal delegate Task<CompareWindow> MeasureWindow(PeriodPlan plan, CancellationToken stop);

/// <summary><c>--compare</c>: loads two servers in turns, in the order A B B A, until the difference is known well
/// enough.</summary>
/// <remarks>
/// The speed of a machine changes with time: the shorter the windows, the more of that change affects both windows of a pair. A
/// comparison ends when the interval of the difference is narrow, whatever the difference is, so that the end does not favour one
/// answer.
/// </remarks>
internal sealed class CompareRun(MeasureWindow a, MeasureWindow b, Action<string> write)
{
    private const int MinPairs = 20;
    private const int PairsPerCheck = 10;
    private const double AnswersPerWindow = 500;

    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MinWindow = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxWindow = TimeSpan.FromSeconds(1);

    // The first answers of a window are those of caches and processors that served the other target.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    /// <param name="first">The name of the first server.</param>
    /// <param name="second">The name of the second one.</param>
    /// <param name="plan">The load of a window. Its warm-up runs twice for each server before the first window.</param>
    /// <param name="total">The longest time of all windows.</param>
    /// <param name="stop">Ends the comparison early.</param>
    /// <exception cref="CommandException">There are too few windows with answers.</exception>
    public async Task<CompareResult> RunAsync(
        string first, string second, PeriodPlan plan, TimeSpan? total, CancellationToken stop)
    {
        var time = total ?? DefaultTime;
        var rate = await WarmUpAsync(plan, stop);
        plan = plan with { WarmUp = Settling, Duration = SelectWindow(rate, time), Grace = TimeSpan.FromMilliseconds(500) };
        var maxPairs = Math.Max(SignedRank.MinPairs, (int)(time / (2 * (plan.WarmUp + plan.Duration))));
        List<(CompareWindow, CompareWindow)> windows = [];
        while (windows.Count < maxPairs && !stop.IsCancellationRequested)
        {
            windows.Add(await RunPairAsync(plan, isReverse: windows.Count % 2 == 1, stop));
            if (windows.Count < MinPairs || windows.Count % PairsPerCheck != 0)
                continue;
            var result = CompareResult.Create(first, second, windows);
            write($"{windows.Count} pairs of windows: {result.Verdict}");
            if (result.Precise)
                return result;
        }

        return windows.Count >= SignedRank.MinPairs ? CompareResult.Create(first, second, windows) : throw new CommandException(
            ExitCodes.Failed, $"stopped after {windows.Count} pairs of windows; a comparison needs {SignedRank.MinPairs}.");
    }

    /// <summary>Returns the length of a window: long enough for the answers, and short enough for the pairs.</summary>
    private static TimeSpan SelectWindow(double rate, TimeSpan time)
    {
        var longest = (time / (2 * MinPairs)) - Settling;
        longest = longest < MinWindow ? MinWindow : longest < MaxWindow ? longest : MaxWindow;
        return TimeSpan.FromSeconds(Math.Clamp(AnswersPerWindow / rate, MinWindow.TotalSeconds, longest.TotalSeconds));
    }

    /// <summary>Loads both servers, whose code is compiled while it runs. Returns the rate of the slower one.</summary>
    private async Task<double> WarmUpAsync(PeriodPlan plan, CancellationToken stop)
    {
        plan = plan with { WarmUp = TimeSpan.Zero, Duration = plan.WarmUp > MinWindow ? plan.WarmUp : MinWindow };
        await RunPairAsync(plan, isReverse: false, stop);
        var (last, other) = await RunPairAsync(plan, isReverse: true, stop);
        var rate = Math.Min(last.Rate, other.Rate);
        return rate > 0 || stop.IsCancellationRequested ? rate : throw new CommandException(
            ExitCodes.Failed, "one of the servers sent no answer.");
    }

    private async Task<(CompareWindow A, CompareWindow B)> RunPairAsync(PeriodPlan plan, bool isReverse, CancellationToken stop)
    {
        if (isReverse)
        {
            var later = await b(plan, stop);
            return (await a(plan, stop), later);
        }

        var earlier = await a(plan, stop);
        return (earlier, await b(plan, stop));
    }
}
