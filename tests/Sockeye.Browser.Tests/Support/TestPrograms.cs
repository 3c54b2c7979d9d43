using Sockeye.Browser.Tests.Support;

[assembly: AssemblyFixture(typeof(TestPrograms))]

namespace Sockeye.Browser.Tests.Support;

/// <summary>The browser and the sites of all tests. The browser ends first: a page reports a site that ends.</summary>
public sealed class TestPrograms : IAsyncDisposable
{
    public Chromium Chromium { get; } = new();

    public Sites Sites { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await Chromium.DisposeAsync();
        await Sites.DisposeAsync();
    }
}
