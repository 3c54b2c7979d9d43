namespace Sockeye.Tests;

public sealed class CloseReasonTests
{
    private static CloseReason Break => CloseReason.Local(CloseCause.Abort, "broken");

    [Fact]
    public void First_reason_is_kept()
    {
        var latch = new CloseReasonLatch();

        Assert.True(latch.TrySet(Break));
        Assert.False(latch.TrySet(CloseReason.Stopped));
        Assert.Equal(CloseCause.Abort, latch.Reason!.Cause);
    }

    [Fact]
    public void Orderly_end_gives_way_to_what_breaks_the_connection_afterwards()
    {
        var latch = new CloseReasonLatch();
        latch.TrySet(CloseReason.PeerFin);

        Assert.False(latch.TrySet(CloseReason.LocalFin));
        Assert.Same(CloseReason.PeerFin, latch.Reason);
        Assert.True(latch.TrySet(Break));
        Assert.Equal(CloseCause.Abort, latch.Reason!.Cause);
    }
}
