using System.Diagnostics;
using System.Globalization;
using Sockeye.Admin;

namespace Sockeye.AdminPage;

/// <summary>Measures the processor time of a server with many idle connections: without the page, with it, and while it is
/// viewed.</summary>
internal static class PageCost
{
    private const int Seconds = 20;

    public static async Task MeasureAsync(int count)
    {
        await using var server = await SockeyeServer.StartAsync(options => options.ListenLocalhost(0).Run(
            async connection => await connection.Transport.Input.CopyToAsync(connection.Transport.Output)));
        using var clients = Start("clients", $"{server.EndPoints[0]}", $"{count}");
        Console.WriteLine(await clients.StandardOutput.ReadLineAsync());
        Console.WriteLine();
        Console.WriteLine("| Server | processor | allocated a second |");
        Console.WriteLine("| --- | ---: | ---: |");
        await MeasureAsync("without the page", Wait);
        await using (var admin = await SockeyeAdmin.StartAsync(server, options => options.Port = 0))
        {
            await MeasureAsync("with it, no viewer", Wait);
            var report = "";
            await MeasureAsync("a browser asks every 2 s", async () => report = await ViewAsync(admin.Url));
            Console.WriteLine();
            Console.WriteLine(report);
        }

        clients.Kill();
    }

    private static Task Wait() => Task.Delay(TimeSpan.FromSeconds(Seconds), TimeProvider.System);

    private static async Task MeasureAsync(string what, Func<Task> activity)
    {
        using var self = Process.GetCurrentProcess();
        var (used, allocated, begun) =
            (self.TotalProcessorTime, GC.GetTotalAllocatedBytes(), TimeProvider.System.GetTimestamp());
        await activity();
        self.Refresh();
        var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {what} | {(self.TotalProcessorTime - used).TotalSeconds / seconds:0.0 %} | "
            + $"{(GC.GetTotalAllocatedBytes() - allocated) / seconds / 1e6:0.00} MB |"));
    }

    private static async Task<string> ViewAsync(Uri page)
    {
        using var viewer = Start("viewer", page.ToString(), $"{Seconds}");
        return await viewer.StandardOutput.ReadToEndAsync();
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        Environment.ProcessPath!, arguments)
    {
        RedirectStandardOutput = true,
    })!;
}
