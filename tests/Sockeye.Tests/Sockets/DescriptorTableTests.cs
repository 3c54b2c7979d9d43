namespace Sockeye.Tests.Sockets;

public sealed class DescriptorTableTests
{
    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/no-such-folder/null")]
    [InlineData("/no-such-file")]
    public void Descriptor_is_opened_with_and_without_its_file(string file)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The reserve is empty on Windows.");

        using var descriptor = new DescriptorTable(file).TryOpen();

        Assert.NotNull(descriptor);
    }
}
