namespace Sockeye.Cli;

/// <summary>A period of load on the connections of a session: its end, its number of requests, and its results.</summary>
/// <param name="recorder">Records the answers.</param>
/// <param name="dispatcher">Sends requests at their planned starts; null in a closed loop.</param>
/// <param name="budget">The maximum number of requests in a closed loop.</param>
internal sealed class LoadPeriod(LoadRecorder recorder, LoadDispatcher? dispatcher, long budget = long.MaxValue)
{
    private long _sent;

    public LoadRecorder Recorder => recorder;

    public LoadDispatcher? Dispatcher => dispatcher;

    public SlowestRequest Slowest { get; } = new();

    /// <summary>The number of requests sent in a closed loop.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public bool IsBudgetSpent => Sent >= budget;

    /// <summary>Ends the period now.</summary>
    public void Stop() => recorder.End = Math.Min(recorder.End, BenchClock.Now);

    /// <summary>Returns the number of requests that a connection may send at once, and the number of the first.</summary>
    public (int Count, long First) Take(int wanted, long now)
    {
        if (wanted <= 0 || now >= recorder.End)
            return (0, 0);
        var first = Interlocked.Add(ref _sent, wanted) - wanted;
        if (first + wanted <= budget)
            return (wanted, first);
        var granted = (int)Math.Clamp(budget - first, 0, wanted);
        Interlocked.Add(ref _sent, granted - wanted);
        return (granted, first);
    }
}
