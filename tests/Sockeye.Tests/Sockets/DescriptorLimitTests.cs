namespace Sockeye.Tests.Sockets;

public sealed class DescriptorLimitTests
{
    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max locked memory         8388608              8388608              bytes     ", null)]
    public void Soft_limit_is_read_from_the_line_of_open_files(string line, int? expected) =>
        Assert.Equal(
            expected,
            DescriptorLimit.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]));

    [Fact]
    public void Limit_of_this_process_is_known_on_Linux()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reports it without native code.");

        Assert.InRange(DescriptorLimit.Read() ?? int.MaxValue, 64, int.MaxValue);
    }
}
