using Sockeye.Browser.Tests.Support;

namespace Sockeye.Browser.Tests;

/// <summary>The process that the other tests talk to.</summary>
public sealed class SiteTests
{
    [Fact]
    public async Task Site_does_not_outlive_the_process_of_its_tests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The site is stopped by SIGTERM, which Windows does not have.");
        await using var site = await Site.StartAsync("sockets");

        await site.EndInputAsync();
    }
}
