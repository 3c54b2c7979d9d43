using System.ComponentModel;
using System.Diagnostics;
using Sockeye.Comparison.Measuring;

namespace Sockeye.Comparison.Tests;

public sealed class CpuClockTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void Clock_of_a_process_agrees_with_what_the_runtime_says()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The clocks of other processes are Linux's.");
        using var self = Process.GetCurrentProcess();

        var before = self.TotalProcessorTime;
        var clock = CpuClock.Read(self.Id);
        self.Refresh();
        var after = self.TotalProcessorTime;

        // The runtime reads /proc, which counts in ticks of 10 ms.
        Assert.InRange(clock, before - Tick, after + Tick);
    }

    [Fact]
    public void Clock_moves_on_while_the_process_is_busy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The clocks of other processes are Linux's.");
        var before = CpuClock.Read(Environment.ProcessId);
        var spinner = new SpinWait();
        while (CpuClock.Read(Environment.ProcessId) - before < TimeSpan.FromMilliseconds(1))
            spinner.SpinOnce(sleep1Threshold: -1);

        Assert.True(CpuClock.Read(Environment.ProcessId) > before);
    }

    [Fact]
    public void Process_that_is_not_there_is_named()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The clocks of other processes are Linux's.");

        // Linux counts processes up to 2^22, so there is never such a one.
        const int UnknownProcess = 1 << 23;

        var error = Assert.Throws<Win32Exception>(() => CpuClock.Read(UnknownProcess));

        Assert.Contains($"process {UnknownProcess}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nanoseconds_become_ticks_of_100() =>
        Assert.Equal(TimeSpan.FromTicks(20_000_005), CpuClock.ToTimeSpan(2, 599));
}
