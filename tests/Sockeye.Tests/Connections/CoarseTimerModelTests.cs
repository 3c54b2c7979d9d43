using CsCheck;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

/// <summary>Every sequence of calls against a list that is sorted by due tick, and against many threads.</summary>
public sealed class CoarseTimerModelTests
{
    private const int Entries = 12;

    private enum Call
    {
        Set,
        SetAgainWhenDue,
        Cancel,
        Pass,
    }

    /// <summary>Milliseconds; times around the turns of the wheels are as likely as all others together.</summary>
    private static readonly Gen<long> Times = Gen.OneOf(
        Gen.Long[0, 500],
        Gen.Long[0, 60_000],
        Gen.Long[25_300, 25_900],
        Gen.Long[6_553_000, 6_554_200],
        Gen.Long[0, 20_000_000],
        Gen.Long[1_677_721_000, 1_677_722_200]);

    [Fact]
    public void Timer_behaves_as_a_sorted_list() =>
        Gen.Select(Gen.Enum<Call>(), Gen.Int[0, Entries - 1], Times).Array[1, 60].Sample(Compare, iter: 3000);

    [Fact]
    public void Entries_that_many_threads_set_and_cancel_come_at_most_as_often_as_they_were_set()
    {
        var time = new CountedTime();
        var timer = new CoarseTimer(time);
        var entries = Enumerable.Range(0, 4)
            .Select(_ => Enumerable.Range(0, 200).Select(_ => new CountingEntry()).ToArray()).ToArray();
        var running = entries.Length;
        var rounds = Rounds.Of(least: 4000, most: 80_000);

        var threads = entries.Select((mine, seed) => new Thread(() =>
        {
            var random = new Random(seed);
            while (rounds.Next())
            {
                var entry = mine[random.Next(mine.Length)];
                if (random.Next(3) == 0)
                {
                    timer.Cancel(entry);
                    continue;
                }

                Interlocked.Increment(ref entry.TimesSet);
                timer.Set(entry, TimeSpan.FromMilliseconds(random.Next(40_000)));
            }

            Interlocked.Decrement(ref running);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        while (Volatile.Read(ref running) > 0)
            time.Advance(CoarseTimer.Tick);
        threads.ForEach(thread => thread.Join());
        var all = entries.SelectMany(mine => mine).ToList();
        Assert.All(all, entry => Assert.InRange(entry.Count, 0, Volatile.Read(ref entry.TimesSet)));
        var before = all.ConvertAll(entry => entry.Count);
        all.ForEach(entry => timer.Set(entry, TimeSpan.FromMinutes(10)));
        time.Pass(TimeSpan.FromMinutes(11), CoarseTimer.Tick);

        Assert.Equal(before.ConvertAll(count => count + 1), all.ConvertAll(entry => entry.Count));
    }

    private static void Compare((Call Call, int Entry, long Milliseconds)[] calls)
    {
        var time = new CountedTime();
        var timer = new CoarseTimer(time);
        var (due, expected) = (new List<int>(), new List<int>());
        var entries = Enumerable.Range(0, Entries).Select(number => new NumberedEntry(timer, number, due)).ToArray();
        var set = new List<(long Tick, int Entry)>();
        var again = new long?[Entries];
        long now = 0;
        foreach (var (call, entry, milliseconds) in calls)
        {
            switch (call)
            {
                case Call.Set:
                    Add(entry, milliseconds);
                    timer.Set(entries[entry], TimeSpan.FromMilliseconds(milliseconds));
                    break;
                case Call.SetAgainWhenDue:
                    again[entry] = entries[entry].Again = milliseconds;
                    break;
                case Call.Cancel:
                    set.RemoveAll(one => one.Entry == entry);
                    timer.Cancel(entries[entry]);
                    break;
                default:
                    now += milliseconds;
                    TakeDue();
                    time.Advance(TimeSpan.FromMilliseconds(milliseconds));
                    break;
            }

            Assert.Equal(expected, due);
        }

        void Add(int entry, long milliseconds)
        {
            set.RemoveAll(one => one.Entry == entry);
            set.Add((Math.Max((now + milliseconds + 99) / 100, (now / 100) + 1), entry));
        }

        void TakeDue()
        {
            var ready = set.Where(one => one.Tick <= now / 100).OrderBy(one => one.Tick).ToList();
            set.RemoveAll(one => one.Tick <= now / 100);
            foreach (var (_, entry) in ready)
            {
                expected.Add(entry);
                if (again[entry] is { } milliseconds)
                    Add(entry, milliseconds);
                again[entry] = null;
            }
        }
    }

    private sealed class NumberedEntry(CoarseTimer timer, int number, List<int> due) : CoarseTimerEntry
    {
        public long? Again { get; set; }

        internal protected override void OnDue()
        {
            due.Add(number);
            if (Again is { } milliseconds)
                timer.Set(this, TimeSpan.FromMilliseconds(milliseconds));
            Again = null;
        }
    }

    private sealed class CountingEntry : CoarseTimerEntry
    {
        public int TimesSet;
        private int _count;

        public int Count => Volatile.Read(ref _count);

        internal protected override void OnDue() => Interlocked.Increment(ref _count);
    }
}
