using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Sockeye.AdminPage;

/// <summary>The real page, printed by Chromium as vectors, with the layout of a screen.</summary>
internal static partial class Pictures
{
    private const int Count = 8;
    private const int MaxHeight = 900; // What is below is rows like those above.

    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static async Task DrawAsync(string folder)
    {
        using var driver = await Playwright.CreateAsync();
        await using var browser = await driver.Chromium.LaunchAsync(new() { ExecutablePath = Browsers.First(File.Exists) });
        using var shown = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["shown"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var server = IPEndPoint.Parse((await shown.StandardOutput.ReadLineAsync())!);
        var url = new Uri((await shown.StandardOutput.ReadLineAsync())!);
        using var end = new CancellationTokenSource();
        var talking = Enumerable.Range(0, Count).Select(i => TalkAsync(server, i, end.Token)).ToList();

        await PrintAsync(browser, url, folder, "admin-light", ColorScheme.Light, 1180);
        await PrintAsync(browser, url, folder, "admin-dark", ColorScheme.Dark, 1180);
        await PrintAsync(browser, url, folder, "admin-phone", ColorScheme.Light, 390);
        await shown.StandardInput.WriteLineAsync();
        await PrintAsync(browser, url, folder, "admin-stalled", ColorScheme.Light, 1180);
        await end.CancelAsync();
        await Task.WhenAll(talking);
        shown.Kill();
    }

    private static async Task TalkAsync(EndPoint server, int number, CancellationToken end)
    {
        for (var life = 0; !end.IsCancellationRequested; life++)
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(server, CancellationToken.None);
            for (var i = 0; i < 30 + (number * 20) && !end.IsCancellationRequested; i++)
            {
                await socket.SendAsync(new byte[100 * (1 + ((number + i + life) % 9))], SocketFlags.None, CancellationToken.None);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, end)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static async Task PrintAsync(
        IBrowser browser, Uri url, string folder, string name, ColorScheme scheme, int width)
    {
        await using var context = await browser.NewContextAsync(new()
        {
            ColorScheme = scheme,
            ViewportSize = new() { Width = width, Height = 900 },
        });
        var page = await context.NewPageAsync();
        await page.GotoAsync(url.ToString());
        await page.WaitForTimeoutAsync(9000); // A few samples, so that charts have lines.
        await page.EmulateMediaAsync(new() { Media = Media.Screen, ColorScheme = scheme });
        var height = await page.EvaluateAsync<int>("document.documentElement.scrollHeight");
        var pdf = Path.Combine(Path.GetTempPath(), $"{name}.pdf");
        await page.PdfAsync(new()
        {
            Path = pdf, Width = $"{width}px", Height = $"{Math.Min(height, MaxHeight) + 2}px", PrintBackground = true,
            PageRanges = "1",
        });
        using var convert = Process.Start("pdftocairo", ["-svg", pdf, Path.Combine(folder, $"{name}.svg")]);
        await convert.WaitForExitAsync();
        File.Delete(pdf);
        var svg = Path.Combine(folder, $"{name}.svg");
        // A hundredth of a point is less than a screen shows; a scale is left as it is.
        await File.WriteAllTextAsync(svg, Digits().Replace(await File.ReadAllTextAsync(svg), "$1$2"));
        Console.WriteLine($"{name}.svg: {new FileInfo(svg).Length / 1024} KiB");
    }

    [GeneratedRegex(@"(matrix\([^)]*\))|(\d\.\d\d)\d+")]
    private static partial Regex Digits();
}
