using System.Diagnostics;
using Microsoft.Playwright;

namespace Sockeye.AdminPage;

/// <summary>The pictures of docs/demo.md: a connection that is half-closed, on <c>sockeye demo --page</c>.</summary>
internal static class DemoPictures
{
    private const string Address = "page: ";
    private const int MaxHeight = 1600;

    public static async Task DrawAsync(IBrowser browser, string folder)
    {
        using var demo = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "Sockeye.Cli.dll"), "demo", "--page"])
        {
            RedirectStandardOutput = true,
        })!;
        try
        {
            var url = new Uri((await demo.StandardOutput.ReadLineAsync())![Address.Length..]);
            await using (var print = await PagePrint.OpenAsync(browser, url, ColorScheme.Light, 1280))
            {
                await PressAsync(print.Page, "#controls [data-action=connect]");
                await PressAsync(print.Page, ".pair .client [data-action=send]");
                await PressAsync(print.Page, ".pair .client [data-action=end]");
                await print.SaveAsync(Path.Combine(folder, "demo-light.svg"), MaxHeight);
            }

            await using var narrow = await PagePrint.OpenAsync(browser, url, ColorScheme.Light, 390);
            await narrow.Page.WaitForTimeoutAsync(1000);
            await narrow.SaveAsync(Path.Combine(folder, "demo-phone.svg"), MaxHeight);
        }
        finally
        {
            demo.Kill();
        }
    }

    /// <summary>Presses a button, and waits until the page shows what it has done.</summary>
    private static async Task PressAsync(IPage page, string button)
    {
        await page.ClickAsync(button);
        await page.WaitForTimeoutAsync(1000);
    }
}
