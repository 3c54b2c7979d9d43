namespace Sockeye.Tests.Support;

/// <summary>
/// How often a test repeats what chance decides: as often as there is time for, which on a busy machine is less often, but never
/// less than a number that says something. From any thread.
/// </summary>
/// <param name="least">In any case.</param>
/// <param name="most">On a machine with nothing else to do.</param>
/// <param name="budget">Beyond the least, no round begins after this.</param>
/// <param name="time">What the budget is measured by.</param>
internal sealed class Rounds(int least, int most, TimeSpan budget, TimeProvider time)
{
    private static readonly TimeSpan DefaultBudget = TimeSpan.FromSeconds(5);

    private readonly long _begun = time.GetTimestamp();
    private int _rounds;

    /// <summary>How many have begun.</summary>
    public int Begun => Math.Min(Volatile.Read(ref _rounds), most);

    public static Rounds Of(int least, int most) => new(least, most, DefaultBudget, TimeProvider.System);

    /// <summary>Whether there is another one.</summary>
    public bool Next()
    {
        if (Volatile.Read(ref _rounds) >= least && time.GetElapsedTime(_begun) >= budget)
            return false;
        if (Interlocked.Increment(ref _rounds) <= most)
            return true;
        Volatile.Write(ref _rounds, most);
        return false;
    }
}
