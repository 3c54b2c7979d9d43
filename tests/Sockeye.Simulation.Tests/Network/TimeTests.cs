using Sockeye.Simulation.Tests.Systems;
using static Sockeye.Simulation.Tests.Network.Runs;

namespace Sockeye.Simulation.Tests.Network;

public sealed class TimeTests
{
    [Fact]
    public void An_hour_of_timeouts_takes_no_time_to_speak_of()
    {
        var begun = TimeProvider.System.GetTimestamp();
        Run(async (network, _, _) =>
        {
            for (var second = 0; second < 3600; second++)
                await network.Pause(TimeSpan.FromSeconds(1));
            Assert.Equal(TimeSpan.FromHours(1), network.Elapsed);
        });

        // Some milliseconds; the bound is for a machine that does much else.
        Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_times() => Run(async (network, _, _) =>
    {
        var fired = new List<(int Delay, TimeSpan At)>();
        foreach (var delay in (int[])[30, 10, 20])
            _ = FireAsync(delay);
        await network.Pause(TimeSpan.FromSeconds(1));

        Assert.Equal([(10, Ms(10)), (20, Ms(20)), (30, Ms(30))], fired);

        async Task FireAsync(int delay)
        {
            await network.Pause(Ms(delay));
            fired.Add((delay, network.Elapsed));
        }
    });

    [Fact]
    public void Timers_of_one_moment_fire_in_an_order_that_the_seed_chooses()
    {
        var orders = Enumerable.Range(0, 50).Select(OrderOf).ToList();

        Assert.Equal(OrderOf(3), orders[3]);
        Assert.Equal(6, orders.Distinct().Count());

        static string OrderOf(int seed)
        {
            var order = "";
            Run(
                async (network, _, _) =>
                {
                    foreach (var name in "abc")
                        network.TimeProvider.CreateTimer(_ => order += name, null, Ms(1), Timeout.InfiniteTimeSpan);
                    await network.Pause(Ms(2));
                },
                seed);
            return order;
        }
    }

    [Fact]
    public void Timers_can_be_changed_repeated_and_disposed() => Run(async (network, _, _) =>
    {
        var (periodic, changed, disposed) = (0, TimeSpan.Zero, 0);
        var time = network.TimeProvider;
        var first = time.CreateTimer(_ => periodic++, null, Ms(10), Ms(10));
        var second = time.CreateTimer(_ => changed = network.Elapsed, null, Ms(10), Timeout.InfiniteTimeSpan);
        var third = time.CreateTimer(_ => disposed++, null, Ms(10), Timeout.InfiniteTimeSpan);
        second.Change(Ms(25), Timeout.InfiniteTimeSpan);
        await third.DisposeAsync();
        await network.Pause(Ms(55));
        await first.DisposeAsync();
        await network.Pause(Ms(50));

        Assert.Equal((5, Ms(25), 0), (periodic, changed, disposed));
    });

    [Fact]
    public void A_clock_jump_changes_the_wall_clock_of_that_host_only() => Run(async (network, near, far) =>
    {
        var (wall, stamp) = (near.TimeProvider.GetUtcNow(), near.TimeProvider.GetTimestamp());
        var waiting = Task.Delay(TimeSpan.FromMinutes(1), near.TimeProvider);
        near.JumpClock(TimeSpan.FromHours(-2));

        Assert.Equal(wall - TimeSpan.FromHours(2), near.TimeProvider.GetUtcNow());
        Assert.Equal(stamp, near.TimeProvider.GetTimestamp());
        Assert.Equal(wall, far.TimeProvider.GetUtcNow());
        Assert.Equal(wall, network.TimeProvider.GetUtcNow());
        await waiting;
        Assert.Equal(TimeSpan.FromMinutes(1), network.Elapsed);
    });

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
