using System.Runtime.InteropServices;
using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>A storm of signals to the thread that waits on a ring.</summary>
public sealed class RingSignalTests : IDisposable
{
    private const int Rounds = 100;

    private readonly SocketPair _pair = SocketPair.Create();
    private readonly SemaphoreSlim _isReady = new(0);
    private nint _waiting;
    private int _interruptions;
    private volatile bool _isOver;

    [Fact]
    public void Signals_end_waits_and_lose_nothing()
    {
        RingDriver.SkipUnlessSupported();
        // Only a signal that has a handler interrupts.
        using var handled = PosixSignalRegistration.Create((PosixSignal)Native.WindowChanged, context => context.Cancel = true);
        var sender = new Thread(SignalAndSend) { IsBackground = true };
        sender.UnsafeStart();
        try
        {
            var received = TestThread.Run(() => Receive(sender));
            Assert.Equal(Enumerable.Range(0, Rounds).Select(i => (byte)i), received);
            Assert.True(_interruptions >= Rounds);
        }
        finally
        {
            _isOver = true;
            _isReady.Release();
            sender.Join();
        }
    }

    public void Dispose()
    {
        _pair.Dispose();
        _isReady.Dispose();
    }

    /// <summary>Each byte follows a wait that was interrupted, in the middle of more signals.</summary>
    private void SignalAndSend()
    {
        _isReady.Wait();
        for (var i = 0; i < Rounds && !_isOver; i++)
        {
            while (Volatile.Read(ref _interruptions) <= i && !_isOver)
            {
                Assert.Equal(0, Native.Signal(_waiting, Native.WindowChanged));
                Thread.Yield();
            }

            Assert.Equal(1, Native.Send(_pair.Second, [(byte)i], 1, Native.NoSigPipe));
        }
    }

    private byte[] Receive(Thread sender)
    {
        using var driver = RingDriver.Create();
        using var buffers = new Buffers(driver, 8, 1);
        buffers.Provide(Enumerable.Range(0, 8));
        driver.Ring.Next().ReceiveMultishot(_pair.First, Buffers.Group, 0, userData: 1);
        driver.RunOnce();
        _waiting = Native.CurrentThread();
        _isReady.Release();

        while (buffers.Received.Length < Rounds)
        {
            if (driver.Ring.Enter(1, TimeSpan.FromSeconds(10)) == EnterOutcome.Interrupted)
                Interlocked.Increment(ref _interruptions);
            driver.RunOnce();
            Assert.DoesNotContain(driver.Completions, completion => completion.Result < 0);
            buffers.Collect();
            buffers.ProvideCollected();
        }

        // The last signals go to this thread: it stays until they were sent.
        sender.Join();
        return buffers.Received;
    }
}
