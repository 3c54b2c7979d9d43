using System.Globalization;

namespace Sockeye.Timers;

/// <summary>What one call costs from several threads at once, in a process that holds many entries already.</summary>
internal sealed record CallCost(string Name, IReadOnlyList<double> Nanoseconds, double Bytes)
{
    private const int Calls = 1_000_000;

    /// <summary>Given how many entries there are besides, makes what each thread repeats.</summary>
    public static Func<Action> Coarse(int held)
    {
        var timer = new CoarseTimer(TimeProvider.System);
        for (var i = 0; i < held; i++)
            timer.Set(new Entry(), TimeSpan.FromSeconds(600 + (i % 600)));
        return () =>
        {
            var entry = new Entry();
            return () =>
            {
                timer.Set(entry, TimeSpan.FromMinutes(1));
                timer.Cancel(entry);
            };
        };
    }

    public static Func<Action> Timers(int held)
    {
        var others = Enumerable.Range(0, held).Select(i => NewTimer(TimeSpan.FromSeconds(600 + (i % 600)))).ToList();
        return () =>
        {
            var timer = NewTimer(Timeout.InfiniteTimeSpan);
            return () =>
            {
                timer.Change(TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
                timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                GC.KeepAlive(others);
            };
        };
    }

    public static Func<Action> CancelAfter(int held)
    {
        var others = Enumerable.Range(0, held)
            .Select(i => new CancellationTokenSource(TimeSpan.FromSeconds(600 + (i % 600)), TimeProvider.System)).ToList();
        return () => () =>
        {
            using var source = new CancellationTokenSource();
            source.CancelAfter(TimeSpan.FromMinutes(1));
            GC.KeepAlive(others);
        };
    }

    public static CallCost Run(string name, Func<int, Func<Action>> hold, int held)
    {
        var newCall = hold(held);
        Measure(newCall, threads: 1); // compiles
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var one = Measure(newCall, threads: 1);
        var bytes = (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / Calls;
        return new(name, [one, Measure(newCall, threads: 2), Measure(newCall, threads: 4)], bytes);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Name} | {Nanoseconds[0]:0} | {Nanoseconds[1]:0} | {Nanoseconds[2]:0} | {Bytes:0} |");

    /// <summary>The time from begin to end, by the calls of one thread.</summary>
    private static double Measure(Func<Action> newCall, int threads)
    {
        using var start = new Barrier(threads + 1);
        var running = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            var call = newCall();
            start.SignalAndWait();
            for (var i = 0; i < Calls; i++)
                call();
        })).ToList();
        running.ForEach(thread => thread.Start());
        start.SignalAndWait();
        var begun = TimeProvider.System.GetTimestamp();
        running.ForEach(thread => thread.Join());
        return TimeProvider.System.GetElapsedTime(begun).TotalNanoseconds / Calls;
    }

    private static Timer NewTimer(TimeSpan due) => new(static _ => { }, null, due, Timeout.InfiniteTimeSpan);

    private sealed class Entry : CoarseTimerEntry
    {
        internal protected override void OnDue()
        {
        }
    }
}
