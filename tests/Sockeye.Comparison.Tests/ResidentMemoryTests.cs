using Sockeye.Comparison.Measuring;

namespace Sockeye.Comparison.Tests;

public sealed class ResidentMemoryTests
{
    [Theory]
    [InlineData("Rss:                 956 kB", 956 * 1024L)]
    [InlineData("Pss:                 956 kB", null)]
    [InlineData("00400000-7ffd3b9e6000 ---p 00000000 00:00 0     [rollup]", null)]
    public void Only_the_line_of_the_resident_set_counts(string line, long? bytes) =>
        Assert.Equal(bytes, ResidentMemory.Parse(line));

    [Fact]
    public void Memory_that_is_written_to_becomes_resident()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/proc is Linux's.");
        const int Size = 64 * 1024 * 1024;
        var before = ResidentMemory.Read(Environment.ProcessId);
        var array = GC.AllocateUninitializedArray<byte>(Size);
        Array.Fill(array, (byte)1);

        Assert.InRange(ResidentMemory.Read(Environment.ProcessId) - before, Size / 2, 4L * Size);
        GC.KeepAlive(array);
    }
}
