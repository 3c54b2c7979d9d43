using Sockeye.Linux.Tests.Support;

namespace Sockeye.Linux.Tests.IoUring;

/// <summary>Where little memory may be locked a ring is smaller, comes later, or says which limit to raise.</summary>
[Collection(AloneInProcess.Name)]
public sealed class LockedMemoryTests
{
    private const int LockMemory = 14; // CAP_IPC_LOCK
    private const uint CapabilitiesVersion = 0x20080522;

    [Fact]
    public void Ring_shrinks_into_a_low_limit()
    {
        WithoutPrivilege(limit: 128 << 10, () =>
        {
            // Rings of other tests are still being freed.
            using var ring = Ring.Create(new() { Wait = _ => LockedMemory.Wait(TimeSpan.FromSeconds(2)) });
            Assert.InRange(ring.CompletionEntries, 1024, 4096);
            Assert.Equal(1024, ring.SubmissionEntries);
        });
    }

    [Fact]
    public void No_memory_at_all_is_an_error_with_the_limit_and_the_way_out()
    {
        var waits = new List<TimeSpan>();
        WithoutPrivilege(limit: 0, () =>
        {
            var error = Assert.Throws<EngineException>(() => Ring.Create(new() { Wait = waits.Add }));
            Assert.Equal(("io_uring_setup", IoUringError.NoMemory), (error.Call, error.Error));
            Assert.Contains("RLIMIT_MEMLOCK (0 bytes", error.Message, StringComparison.Ordinal);
            Assert.Contains("ulimit -l", error.Message, StringComparison.Ordinal);
        });
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromMilliseconds(100), 3), waits);
    }

    [Fact]
    public void Buffer_ring_shrinks_into_what_is_left()
    {
        WithoutPrivilege(limit: 256 << 10, () =>
        {
            Action<TimeSpan> wait = _ => LockedMemory.Wait(TimeSpan.FromSeconds(2));
            using var ring = Ring.Create(new() { SubmissionEntries = 64, CompletionEntries = 64, Wait = wait });
            using var buffers = BufferRing.Create(ring, 1, 32768, wait);
            Assert.InRange(buffers.Entries, 512, 16384);
        });
    }

    [Fact]
    public void Memory_that_comes_back_late_is_waited_for()
    {
        RingDriver.SkipUnlessSupported();
        var isFree = false;
        var sizes = new List<uint>();
        using var ring = Ring.Create(new()
        {
            Setup = (uint entries, ref RingParameters parameters) =>
            {
                sizes.Add(parameters.CompletionEntries);
                return isFree ? IoUringCalls.Kernel.Setup(entries, ref parameters) : -IoUringError.NoMemory;
            },
            Wait = _ => isFree = true,
        });
        Assert.Equal([8192u, 4096u, 2048u, 1024u, 1024u], sizes);
        Assert.Equal(1024, ring.CompletionEntries);
    }

    [Fact]
    public void Kernel_that_has_an_index_array_only_is_asked_again()
    {
        RingDriver.SkipUnlessSupported();
        using var ring = Ring.Create(new()
        {
            SubmissionEntries = 8,
            CompletionEntries = 64,
            Setup = (uint entries, ref RingParameters parameters) =>
                parameters.Flags.HasFlag(SetupFlags.NoSubmissionArray)
                    ? -IoUringError.Invalid
                    : IoUringCalls.Kernel.Setup(entries, ref parameters),
        });
        Assert.False(ring.HasNoArray);

        for (var i = 0ul; i < 50; i++)
            ring.Next().Nop(i);
        ring.Enter(1, Timeout.InfiniteTimeSpan);
        for (var i = 0ul; i < 50; i++)
        {
            Assert.True(ring.TryTake(out var completion));
            Assert.Equal(i, completion.UserData);
        }
    }

    [Fact]
    public void Kernel_that_knows_the_flags_not_is_too_old()
    {
        var error = Assert.Throws<EngineException>(() => Ring.Create(new()
        {
            Setup = (uint _, ref RingParameters _) => -IoUringError.Invalid,
        }));
        Assert.Contains("needs Linux 6.1", error.Message, StringComparison.Ordinal);
    }

    /// <summary>On a thread that may not lock memory beyond the limit, which is lowered for the time of it.</summary>
    private static void WithoutPrivilege(ulong limit, Action body)
    {
        RingDriver.SkipUnlessSupported();
        var before = new ulong[2];
        Assert.Equal(0, Native.GetLimit(Native.LockedMemoryLimit, before));
        Assert.Equal(0, Native.SetLimit(Native.LockedMemoryLimit, [limit, before[1]]));
        try
        {
            TestThread.Run(() =>
            {
                var data = new uint[6];
                uint[] header = [CapabilitiesVersion, 0];
                Assert.Equal(0, Native.GetCapabilities(header, data));
                data[0] &= ~(1u << LockMemory);
                Assert.Equal(0, Native.SetCapabilities(header, data));
                body();
                return true;
            });
        }
        finally
        {
            Assert.Equal(0, Native.SetLimit(Native.LockedMemoryLimit, before));
        }
    }
}
