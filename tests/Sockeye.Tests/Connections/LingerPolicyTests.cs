using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Tests.Connections;

public sealed class LingerPolicyTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Close = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Max = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();
    private LingerPolicy _policy;

    public LingerPolicyTests() => _policy = new(new()
    {
        CloseTimeout = Close, LingerTimeout = Linger, MaxLingerTime = Max, TimeProvider = _time, MaxReadBufferSize = 1,
        MaxWriteBufferSize = 1,
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Peer_that_took_everything_has_the_linger_timeout(bool systemReports)
    {
        _time.Advance(Linger - TimeSpan.FromTicks(1));
        Assert.Null(_policy.Poll(Took(systemReports)));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Same(CloseReason.LocalFin, _policy.Poll(Took(systemReports)));

        static SystemProgress? Took(bool systemReports) => systemReports ? new(100, HasPending: false) : null;
    }

    [Fact]
    public void Linger_timeout_begins_when_the_peer_has_taken_everything()
    {
        var waited = TimeSpan.Zero;
        for (long acknowledged = 0; acknowledged < 10; acknowledged++)
            Assert.Null(PollAfterWait(new(acknowledged, HasPending: true), ref waited));
        Assert.True(waited > 2 * Linger);

        var lastSeenWaiting = waited;
        CloseReason? reason;
        do
            reason = PollAfterWait(new(10, HasPending: false), ref waited);
        while (reason is null);
        Assert.Same(CloseReason.LocalFin, reason);
        Assert.Equal(Linger, waited - lastSeenWaiting);
    }

    [Fact]
    public void Peer_that_acknowledges_nothing_more_has_the_close_timeout()
    {
        var waited = TimeSpan.Zero;
        Assert.Null(PollAfterWait(new(7, HasPending: true), ref waited));
        Assert.Null(PollAfterWait(new(8, HasPending: true), ref waited));
        var progressed = waited;
        CloseReason? reason;
        do
            reason = PollAfterWait(new(8, HasPending: true), ref waited);
        while (reason is null);
        Assert.Equal(Close, waited - progressed);
        Assert.Equal((ClosedBy.Local, CloseCause.Timeout, false), (reason.By, reason.Cause, reason.IsOrderly));
        Assert.EndsWith("nothing more of it for 5 s (CloseTimeout)", reason.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Peer_that_acknowledges_little_by_little_has_the_longest_time()
    {
        var waited = TimeSpan.Zero;
        long acknowledged = 0;
        CloseReason? reason;
        do
            reason = PollAfterWait(new(acknowledged++, HasPending: true), ref waited);
        while (reason is null);
        Assert.Equal(Max, waited);
        Assert.EndsWith("not all of it within 60 s (MaxLingerTime)", reason.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(1000, 250)]
    [InlineData(3_600_000, 1000)]
    public void Polls_are_neither_frequent_nor_rare(int timeout, int step)
    {
        var time = TimeSpan.FromMilliseconds(timeout);
        var policy = new LingerPolicy(new()
        {
            CloseTimeout = time, LingerTimeout = time, MaxLingerTime = time, TimeProvider = _time, MaxReadBufferSize = 1,
            MaxWriteBufferSize = 1,
        });
        Assert.Equal(TimeSpan.FromMilliseconds(step), policy.PollInterval);
    }

    private CloseReason? PollAfterWait(SystemProgress system, ref TimeSpan waited)
    {
        waited += _policy.PollInterval;
        _time.Advance(_policy.PollInterval);
        return _policy.Poll(system);
    }
}
