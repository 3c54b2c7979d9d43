using Microsoft.Playwright;

namespace Sockeye.AdminPage;

/// <summary>The pictures of both pages, by the system's Chromium.</summary>
internal static class Pictures
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static async Task DrawAsync(string folder)
    {
        using var driver = await Playwright.CreateAsync();
        await using var browser = await driver.Chromium.LaunchAsync(new() { ExecutablePath = Browsers.First(File.Exists) });
        await DemoPictures.DrawAsync(browser, folder);
        await AdminPictures.DrawAsync(browser, folder);
    }
}
