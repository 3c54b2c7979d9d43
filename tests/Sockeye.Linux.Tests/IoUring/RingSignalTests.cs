using System.Runtime.InteropServices;
using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>A storm of signals to the thread that waits on a ring.</summary>
public sealed class RingSignalTests
{
    [Fact]
    public void Signals_end_waits_and_lose_nothing()
    {
        RingDriver.SkipUnlessSupported();
        // Only a signal that somebody handles interrupts.
        using var handled = PosixSignalRegistration.Create((PosixSignal)Native.WindowChanged, context => context.Cancel = true);
        using var pair = SocketPair.Create();
        using var isReady = new SemaphoreSlim(0);
        using var hasTaken = new SemaphoreSlim(0);
        nint waiting = 0;
        const int rounds = 200;
        var sender = new Thread(() =>
        {
            isReady.Wait();
            for (var i = 0; i < rounds; i++)
            {
                Assert.Equal(0, Native.Signal(waiting, Native.WindowChanged));
                Assert.Equal(1, Native.Send(pair.Second, [(byte)i], 1, Native.NoSigPipe));
                Assert.Equal(0, Native.Signal(waiting, Native.WindowChanged));
                hasTaken.Wait();
            }
        }) { IsBackground = true };
        sender.UnsafeStart();

        var (interruptions, received) = TestThread.Run(() =>
        {
            using var driver = RingDriver.Create();
            using var buffers = new Buffers(driver, 8, 1);
            buffers.Provide(Enumerable.Range(0, 8));
            driver.Ring.Next().ReceiveMultishot(pair.First, Buffers.Group, 0, userData: 1);
            driver.Turn();
            waiting = Native.CurrentThread();
            isReady.Release();

            var interruptions = 0;
            while (buffers.Received.Length < rounds)
            {
                if (driver.Ring.Enter(1, TimeSpan.FromSeconds(10)) == EnterOutcome.Interrupted)
                    interruptions++;
                driver.Turn();
                var count = driver.Completions.Count;
                buffers.Collect();
                buffers.ProvideCollected();
                if (count > 0)
                    hasTaken.Release(count);
            }

            // The last signals go to this thread: it stays until they were sent.
            sender.Join();
            return (interruptions, buffers.Received);
        });

        Assert.Equal(Enumerable.Range(0, rounds).Select(i => (byte)i), received);
        Assert.InRange(interruptions, 1, 2 * rounds);
    }
}
