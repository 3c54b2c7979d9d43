using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.Engines;

/// <summary>A registration notifies at each new event, and its descriptor is free when it has stopped.</summary>
public sealed class RegistrationTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, InlineData(LinuxEngine.Epoll), InlineData(LinuxEngine.IoUring)]
    public Task Each_new_event_is_notified_until_it_stops(LinuxEngine engine) => RunAsync(engine, async (thread, pair) =>
    {
        using var ready = new SemaphoreSlim(0);
        var registration = new Registration(thread, pair.First, isForWriting: false, () => ready.Release(), Assert.Null);
        registration.Start();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(1, Native.Send(pair.Second, [1], 1, Native.NoSigPipe));
            Assert.True(await ready.WaitAsync(WaitLimit, Cancelled));
            Assert.Equal(1, Native.Receive(pair.First, new byte[1], 1, 0));
        }

        await registration.StopAsync().WaitAsync(WaitLimit, Cancelled);
        Assert.Equal(1, Native.Send(pair.Second, [1], 1, Native.NoSigPipe));
        Assert.Equal(0, ready.CurrentCount);
    });

    [Theory, InlineData(LinuxEngine.Epoll), InlineData(LinuxEngine.IoUring)]
    public Task Stop_may_be_asked_for_more_than_once_and_before_the_start(LinuxEngine engine) =>
        RunAsync(engine, async (thread, pair) =>
    {
        for (var round = 0; round < 50; round++)
        {
            var registration = new Registration(thread, pair.First, isForWriting: false, () => { }, Assert.Null);
            if (round % 2 == 0)
                registration.Start();
            await Task.WhenAll(
                    registration.StopAsync(), Task.Run(registration.StopAsync, Cancelled), registration.StopAsync())
                .WaitAsync(WaitLimit, Cancelled);
            await registration.StopAsync().WaitAsync(WaitLimit, Cancelled);
        }
    });

    private static async Task RunAsync(LinuxEngine engine, Func<EngineThread, SocketPair, Task> test)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has these engines.");
        Assert.SkipUnless(engine is LinuxEngine.Epoll || IoUringProbe.Result.IsSupported, IoUringProbe.Result.Reason);
        var group = EngineStarter.Start(new(engine, new()), RingSettings.Default, threadCount: 1, reusesPort: false);
        using var pair = SocketPair.Create();
        await test(group.Threads[0], pair);
        await group.StopAsync().WaitAsync(WaitLimit, Cancelled);
    }
}
