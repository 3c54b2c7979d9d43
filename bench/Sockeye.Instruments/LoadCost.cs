using System.Globalization;

namespace Sockeye.Instruments;

/// <summary>What it costs to ask a server how it is, with many connections open.</summary>
internal static class LoadCost
{
    private const int Connections = 20_000;
    private const int Calls = 500;

    public static async Task PrintAsync()
    {
        var server = await SockeyeServer.StartAsync(options =>
        {
            (options.Transport, options.ShutdownTimeout) = (new IdleClients(Connections), TimeSpan.Zero);
            options.ListenAnyIP(7000).Run(connection => connection.Transport.Input.ReadAsync().AsTask());
        });
        await using var ending = server;
        while (server.GetLoad() is not { Connections: Connections, Waiting: 0 })
            await Task.Yield();

        Console.WriteLine($"| Asked with {Connections} connections | us | allocated B |");
        Console.WriteLine("| --- | ---: | ---: |");
        Measure("GetLoad()", () => server.GetLoad());
        Measure("GetConnections()", () => server.GetConnections());
    }

    private static void Measure(string name, Action run)
    {
        var (nanoseconds, bytes) = CallCost.Measure(run, Calls);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {nanoseconds / 1000:0} | {bytes:0} |"));
    }
}
