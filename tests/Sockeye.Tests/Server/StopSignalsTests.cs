using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Server;

public sealed class StopSignalsTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(199, true)]
    [InlineData(200, false)]
    [InlineData(5000, false)]
    public void Repeat_within_200_ms_is_the_same_request_and_a_later_one_ends_the_process(int milliseconds, bool isSameRequest)
    {
        using var signals = new StopSignals(_time, CancellationToken.None);
        Assert.False(signals.Token.IsCancellationRequested);

        Assert.True(signals.Handle());
        Assert.True(signals.Token.IsCancellationRequested);
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(isSameRequest, signals.Handle());
    }

    [Fact]
    public void Repeats_do_not_prolong_the_time_of_the_first()
    {
        using var signals = new StopSignals(_time, CancellationToken.None);

        Assert.True(signals.Handle());
        _time.Advance(TimeSpan.FromMilliseconds(150));
        Assert.True(signals.Handle());
        _time.Advance(TimeSpan.FromMilliseconds(150));

        Assert.False(signals.Handle());
    }

    [Fact]
    public void First_signal_after_another_kind_of_stop_ends_the_process()
    {
        using var stop = new CancellationTokenSource();
        using var signals = new StopSignals(_time, stop.Token);

        stop.Cancel();

        Assert.False(signals.Handle());
    }

    [Fact]
    public void Signal_that_comes_late_meets_nothing()
    {
        var signals = new StopSignals(_time, CancellationToken.None);

        signals.Dispose();

        Assert.False(signals.Handle());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(199, true)]
    [InlineData(200, false)]
    public void Repeat_after_a_short_stop_is_the_same_request_for_200_ms_too(int milliseconds, bool isSameRequest)
    {
        var signals = new StopSignals(_time, CancellationToken.None);
        Assert.True(signals.Handle());

        signals.Dispose();
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(isSameRequest, signals.Handle());
    }

    [Fact]
    public void Callback_that_throws_does_not_throw_on_the_thread_of_the_signal()
    {
        using var signals = new StopSignals(_time, CancellationToken.None);
        using var registration = signals.Token.Register(() => throw new InvalidOperationException("a handler's"));

        Assert.True(signals.Handle());
    }
}
