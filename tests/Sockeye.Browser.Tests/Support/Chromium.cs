using Microsoft.Playwright;

namespace Sockeye.Browser.Tests.Support;

/// <summary>The system's Chromium, started once, without a window. Nothing is downloaded.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly Lazy<Task<(IPlaywright Driver, IBrowser Browser)>> _started = new(StartAsync);

    private readonly Dictionary<Uri, BrowserPage> _pages = [];

    private static string? Program => Paths.FirstOrDefault(File.Exists);

    /// <summary>A page of a new browser: no cache, no open connection.</summary>
    public async Task<BrowserPage> OpenAsync(Uri address)
    {
        var browser = await GetBrowserAsync();
        var context = await browser.NewContextAsync(new() { IgnoreHTTPSErrors = true });
        context.SetDefaultTimeout(20_000);
        return await BrowserPage.OpenAsync(context, address);
    }

    /// <summary>Skips the test where there is none.</summary>
    public async Task<IBrowser> GetBrowserAsync()
    {
        Assert.SkipWhen(Program is null, "Chromium is not installed here (apt-get install chromium).");
        return (await _started.Value).Browser;
    }

    /// <summary>The page of this address that all tests use, one after the other: opening one takes a second.</summary>
    public async Task<BrowserPage> GetAsync(Uri address)
    {
        if (!_pages.TryGetValue(address, out var page))
            _pages[address] = page = await OpenAsync(address);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_started.IsValueCreated)
            return;
        foreach (var page in _pages.Values)
            await page.DisposeAsync();
        var (driver, browser) = await _started.Value;
        await browser.DisposeAsync();
        driver.Dispose();
    }

    private static async Task<(IPlaywright Driver, IBrowser Browser)> StartAsync()
    {
        var driver = await Playwright.CreateAsync();
        return (driver, await driver.Chromium.LaunchAsync(new() { ExecutablePath = Program }));
    }
}
