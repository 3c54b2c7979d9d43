using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

public sealed class CoarseTimerTests
{
    private static readonly TimeSpan Tick = CoarseTimer.Tick;

    private readonly CountedTime _time = new();
    private readonly CoarseTimer _timer;
    private readonly List<string> _due = [];

    public CoarseTimerTests() => _timer = new(_time);

    public static TheoryData<double> Seconds =>
        [0, 0.001, 0.1, 0.101, 1, 25.5, 25.6, 25.7, 60, 600, 6553.5, 6553.6, 6553.7, 100_000, 1_677_721.6, 31_536_000];

    [Theory, MemberData(nameof(Seconds))]
    public void Entry_is_never_early_and_at_most_a_tick_late(double seconds)
    {
        foreach (var begun in (double[])[0, 0.05, 0.1, 25.55, 6553.59])
        {
            var (time, step) = (new CountedTime(), TimeSpan.FromMilliseconds(10));
            var timer = new CoarseTimer(time);
            time.Advance(TimeSpan.FromSeconds(begun));
            TimeSpan? due = null;
            var asked = TimeSpan.FromSeconds(seconds);
            timer.Set(new Entry(() => due = timer.Elapsed), asked);

            if (asked > step)
                time.Pass(asked - step, TimeSpan.FromSeconds(Math.Max(25, seconds / 1000)));
            Assert.Null(due);
            time.Pass(step + Tick, step);

            Assert.NotNull(due);
            Assert.InRange(due.Value - TimeSpan.FromSeconds(begun), asked, asked + Tick);
        }
    }

    [Fact]
    public void Entries_come_in_the_order_of_their_ticks_and_then_in_the_order_they_were_set()
    {
        var far = TimeSpan.FromMinutes(5);
        Set("third", far);
        Set("last", far + Tick);
        Set("fourth", far);
        _time.Advance(far - TimeSpan.FromSeconds(1));
        Set("fifth", TimeSpan.FromSeconds(1));
        Set("first", Tick);
        Set("second", TimeSpan.FromSeconds(0.9));

        _time.Pass(TimeSpan.FromSeconds(2), Tick);

        Assert.Equal(["first", "second", "third", "fourth", "fifth", "last"], _due);
    }

    [Fact]
    public void Cancelled_entry_does_not_come_even_where_another_one_of_its_tick_cancels_it()
    {
        var cancelled = Set("cancelled", Tick);
        var second = NewEntry("second");
        var first = new Entry(() =>
        {
            _due.Add("first");
            _timer.Cancel(second);
        });
        _timer.Set(first, Tick);
        _timer.Set(second, Tick);
        _timer.Cancel(cancelled);
        _timer.Cancel(cancelled);

        _time.Advance(Tick * 3);

        Assert.Equal(["first"], _due);
    }

    [Fact]
    public void Entry_that_is_set_again_comes_due_once_at_its_new_time()
    {
        var entry = Set("entry", Tick);
        _timer.Set(entry, TimeSpan.FromMinutes(1));
        _time.Pass(TimeSpan.FromSeconds(59), Tick);
        Assert.Empty(_due);
        _timer.Set(entry, Tick);

        _time.Pass(TimeSpan.FromMinutes(5), Tick);

        Assert.Equal(["entry"], _due);
    }

    [Fact]
    public void Entry_may_set_itself_again_and_again()
    {
        Entry entry = null!;
        entry = new(() =>
        {
            _due.Add($"{_timer.Elapsed.TotalSeconds}");
            _timer.Set(entry, TimeSpan.FromSeconds(10));
        });
        _timer.Set(entry, TimeSpan.FromSeconds(10));

        _time.Pass(TimeSpan.FromSeconds(45), Tick);

        Assert.Equal(["10", "20", "30", "40"], _due);
    }

    [Fact]
    public void Timer_wakes_only_for_what_is_there()
    {
        Set("once", TimeSpan.FromMinutes(10));

        _time.Pass(TimeSpan.FromHours(10), TimeSpan.FromSeconds(1));

        Assert.Equal(["once"], _due);
        // When it is due, and once before, to move it to the wheel of the last 25 s.
        Assert.InRange(_time.WakeUps, 1, 2);
    }

    [Fact]
    public void Timer_that_slept_long_wakes_only_when_needed_for_what_is_set_then()
    {
        _time.Advance(TimeSpan.FromDays(100));
        Set("soon", TimeSpan.FromSeconds(1));

        _time.Pass(TimeSpan.FromSeconds(2), Tick);

        Assert.Equal(1, _time.WakeUps);
    }

    [Fact]
    public void After_a_long_pause_everything_that_is_due_comes_in_its_order()
    {
        for (var i = 100; i > 0; i--)
            Set($"{i}", TimeSpan.FromMinutes(i));

        _time.Advance(TimeSpan.FromDays(30));

        Assert.Equal(Enumerable.Range(1, 100).Select(i => $"{i}"), _due);
    }

    [Fact]
    public void Time_without_end_is_a_long_time()
    {
        Set("never", TimeSpan.MaxValue);
        _time.Pass(TimeSpan.FromDays(3000), TimeSpan.FromDays(20));
        Assert.Empty(_due);

        Set("soon", Tick);
        _time.Pass(Tick * 2, Tick);

        Assert.Equal(["soon"], _due);
    }

    [Fact]
    public void Entry_that_throws_makes_the_others_late_and_no_more()
    {
        _timer.Set(new Entry(() => throw new InvalidOperationException("broken promise")), Tick);
        Set("next", Tick);
        Set("later", Tick * 2);

        _time.Pass(Tick * 3, Tick);

        Assert.IsType<InvalidOperationException>(_time.Thrown);
        Assert.Equal(["next", "later"], _due);
    }

    [Fact]
    public void Entry_that_throws_is_reported_and_the_others_come_in_time()
    {
        List<string> reported = [];
        var time = new CountedTime();
        var timer = new CoarseTimer(time, error => reported.Add(error.Message));
        timer.Set(new Entry(() => throw new InvalidOperationException("broken promise")), Tick);
        timer.Set(new Entry(() => _due.Add("next")), Tick);

        time.Pass(Tick * 2, Tick);

        Assert.Equal(["broken promise"], reported);
        Assert.Equal(["next"], _due);
    }

    [Fact]
    public void Lateness_is_reported()
    {
        Entry entry = null!;
        entry = new(() => _due.Add($"{_timer.GetLateness(entry).TotalSeconds}"));
        _timer.Set(entry, TimeSpan.FromSeconds(1));

        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(["10"], _due);
    }

    [Fact]
    public void Setting_and_cancelling_allocate_nothing()
    {
        var entry = NewEntry("entry");
        var timer = new CoarseTimer(TimeProvider.System);

        Assert.InRange(
            Allocations.Of(1000, () =>
            {
                timer.Set(entry, TimeSpan.FromMinutes(1));
                timer.Set(entry, TimeSpan.FromMinutes(2));
                timer.Cancel(entry);
            }),
            0, 500);
    }

    private Entry Set(string name, TimeSpan time)
    {
        var entry = NewEntry(name);
        _timer.Set(entry, time);
        return entry;
    }

    private Entry NewEntry(string name) => new(() => _due.Add(name));

    private sealed class Entry(Action onDue) : CoarseTimerEntry
    {
        internal protected override void OnDue() => onDue();
    }
}
