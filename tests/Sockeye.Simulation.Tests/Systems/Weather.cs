using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Systems;

/// <summary>The faults of a long run: drawn by the seed, each of them over after a while.</summary>
internal sealed class Weather(SimulatedNetwork network, SimulatedHost server, IReadOnlyList<SimulatedHost> clients)
{
    private static readonly TimeSpan Calm = TimeSpan.FromHours(3);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    /// <summary>Chooses how the network is from now on.</summary>
    public void Choose()
    {
        network.Latency = TimeSpan.FromMilliseconds(network.Random.Next(1, 80));
        network.Jitter = network.Latency * network.Random.NextDouble();
        network.Loss = network.Random.Next(3) == 0 ? network.Random.NextDouble() * 0.1 : 0;
        network.Bandwidth = network.Random.Next(3) == 0 ? network.Random.Next(2_000, 200_000) : null;
    }

    /// <summary>Makes weather for a time. All is calm when it returns.</summary>
    public async Task RunAsync(TimeSpan duration, Action check)
    {
        var end = network.Elapsed + duration;
        while (network.Elapsed < end)
        {
            Choose();
            await network.PauseUpTo(Calm);
            check();
            await StrikeAsync(clients[network.Random.Next(clients.Count)]);
            check();
        }
    }

    private async Task StrikeAsync(SimulatedHost client)
    {
        switch (network.Random.Next(7))
        {
            case 0:
                using (network.Partition(server, client))
                    await network.PauseUpTo(Longest);
                break;
            case 1:
                using (network.PartitionOneWay(server, client))
                    await network.PauseUpTo(Longest);
                break;
            case 2:
                using (network.PartitionOneWay(client, server))
                    await network.PauseUpTo(Longest);
                break;
            case 3:
                client.Crash();
                await network.PauseUpTo(Longest);
                client.Restart();
                break;
            case 4:
                using (client.Pause())
                    await network.PauseUpTo(Longest);
                break;
            case 5:
                client.ReadRate = network.Random.Next(10, 1000);
                await network.PauseUpTo(Longest);
                client.ReadRate = null;
                break;
            default:
                var odds = network.Random.NextDouble() * 0.2;
                using (network.AddRule(_ => network.Random.NextDouble() < odds ? Verdict.Reset : null))
                    await network.PauseUpTo(TimeSpan.FromMinutes(1));
                break;
        }
    }
}
