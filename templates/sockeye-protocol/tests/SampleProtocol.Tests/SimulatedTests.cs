using Sockeye;
using Sockeye.Testing;

namespace SampleProtocol.Tests;

/// <summary>Server and client on a simulated network: the same code as in production, in virtual time.</summary>
public sealed class SimulatedTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_reading_is_acknowledged_although_the_server_crashes(int seed) => SimulatedNetwork.Run(seed, async network =>
    {
        var (station, sensor) = (network.AddHost("station"), network.AddHost("sensor"));
        network.Loss = 0.05;
        network.Jitter = TimeSpan.FromMilliseconds(20);
        var server = await StartAsync(station);
        var client = new SockeyeClient(options => options.Transport = sensor);
        var readings = Enumerable.Range(1, 100).Select(i => new Reading(ReadingKind.Humidity, (uint)i, (short)i, "cellar")).ToList();
        List<Reading> acknowledged = [];

        await foreach (var reading in ReadingClient.SendAsync(client, "station", 7000, readings))
        {
            acknowledged.Add(reading);
            if (acknowledged.Count != 50)
                continue;
            station.Crash();
            station.Restart();
            await server.DisposeAsync();
            server = await StartAsync(station);
        }

        Assert.Equal(readings, acknowledged);
        await server.DisposeAsync();
    });

    private static Task<SockeyeServer> StartAsync(SimulatedHost host) => SockeyeServer.StartAsync(options =>
    {
        options.Transport = host;
        options.ListenAnyIP(7000).Run(ReadingCodec.Instance, ReadingServer.ServeAsync);
    });
}
