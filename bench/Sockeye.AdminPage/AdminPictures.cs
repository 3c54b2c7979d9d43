using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;

namespace Sockeye.AdminPage;

/// <summary>The pictures of docs/admin.md.</summary>
internal static class AdminPictures
{
    private const int Count = 8;
    private const int MaxHeight = 900; // What is below is rows like those above.

    public static async Task DrawAsync(IBrowser browser, string folder)
    {
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
        await using var print = await PagePrint.OpenAsync(browser, url, scheme, width);
        await print.Page.WaitForTimeoutAsync(9000); // A few samples, so that charts have lines.
        await print.SaveAsync(Path.Combine(folder, $"{name}.svg"), MaxHeight);
    }
}
