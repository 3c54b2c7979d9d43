using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using Sockeye.Takeover.Node;

namespace Sockeye.Upgrade.Nodes;

/// <summary>A server that takes over from the process at a path, and ends when another one has taken over from it.</summary>
/// <remarks>
/// It prints "pauses" with the pause of each connection that came over, in microseconds, "duration" with that of the takeover,
/// and "listening" with its ports. It answers each line of standard input with "connections" and their number.
/// </remarks>
internal static class NodeCommand
{
    public const string Pauses = "pauses";
    public const string Duration = "duration";
    public const string Listening = "listening";
    public const string Connections = "connections";

    public static async Task<int> RunAsync(string engine, string ports, string path)
    {
        List<long> pauses = [];
        using var meters = new MeterListener();
        meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "sockeye.server.connection.move.pause")
                listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            lock (pauses)
                pauses.Add((long)(seconds * 1_000_000));
        });
        meters.Start();

        var numbers = ports.Split(',').Select(port => int.Parse(port, CultureInfo.InvariantCulture)).ToList();
        var options = new SockeyeServerOptions
        {
            Transport = Engine.Create(engine), LoggerFactory = new RefusalLog(), ShutdownTimeout = TimeSpan.FromSeconds(5),
        };
        options.Listen(new IPEndPoint(IPAddress.Loopback, numbers[0])).UseMoving().Run(EchoHandler.RunAsync);
        options.Listen(new IPEndPoint(IPAddress.Parse("127.0.0.2"), numbers[1])).UseMoving()
            .Run(Mark.Codec, MarkHandler.RunAsync);
        var result = await SockeyeServer.RunAsync(options.UseTakeover(path), started =>
        {
            lock (pauses)
                Console.WriteLine($"{Pauses} {string.Join(',', pauses)}");
            foreach (var takeover in started.Takeovers)
                Console.WriteLine($"{Duration} {(long)takeover.Duration.TotalMicroseconds}");
            Console.WriteLine(
                $"{Listening} {string.Join(',', started.EndPoints.Select(endpoint => ((IPEndPoint)endpoint).Port))}");
            _ = AnswerAsync(started);
        });
        Console.WriteLine($"ended {result}");
        return 0;
    }

    private static async Task AnswerAsync(SockeyeServer server)
    {
        // Console.In would block the caller.
        using var input = new StreamReader(Console.OpenStandardInput());
        while (await input.ReadLineAsync() is not null)
            Console.WriteLine($"{Connections} {server.ConnectionCount}");
    }
}
