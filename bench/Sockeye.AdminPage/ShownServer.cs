using Microsoft.AspNetCore.Connections;
using Sockeye.Admin;

namespace Sockeye.AdminPage;

/// <summary>The server of the pictures, as a separate process: at a line on standard input its handlers block the
/// pool.</summary>
internal static class ShownServer
{
    public static async Task ServeAsync()
    {
        using var goesOn = new ManualResetEventSlim(true);
        await using var server = await SockeyeServer.StartAsync(options => options.ListenLocalhost(0)
            .UseConnectionLimit(1000).Run(connection => EchoAsync(connection, goesOn)));
        await using var admin = await SockeyeAdmin.StartAsync(
            server,
            options => (options.Name, options.Port, options.SampleInterval) = ("orders", 0, TimeSpan.FromMilliseconds(500)));
        Console.WriteLine(server.EndPoints[0]);
        Console.WriteLine(admin.Url);
        Console.ReadLine();
        ThreadPool.GetMaxThreads(out _, out var ports);
        ThreadPool.SetMaxThreads(Environment.ProcessorCount, ports);
        goesOn.Reset();
        Console.ReadLine();
        goesOn.Set();
    }

    private static async Task EchoAsync(ConnectionContext connection, ManualResetEventSlim goesOn)
    {
        while (await connection.Transport.Input.ReadAsync() is { IsCompleted: false } read)
        {
            await Task.Yield();
            goesOn.Wait(); // The mistake that the page is to show: it holds a thread of the pool.
            foreach (var block in read.Buffer)
                await connection.Transport.Output.WriteAsync(block);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        }
    }
}
