using Sockeye;
using Sockeye.Testing;

namespace Consumers;

/// <summary>A sale through a partition that heals, on a simulated network.</summary>
public static class Shop
{
    public static string Sell(string item)
    {
        var sold = "";
        SimulatedNetwork.Run(seed: 42, async network =>
        {
            var (shop, till, sales) = (network.AddHost("shop"), network.AddHost("till"), Codec.Lines(maxLength: 100));
            await using var server = await SockeyeServer.StartAsync(options =>
            {
                options.Transport = shop;
                options.ListenAnyIP(7000).Run(sales, async peer =>
                {
                    await foreach (var sale in peer.ReadAllAsync())
                        await peer.WriteAsync($"sold {sale}");
                });
            });
            var client = new SockeyeClient(options => options.Transport = till);
            await using var connection = await client.ConnectAsync("shop", 7000, sales);
            using (network.Partition(shop, till))
                await Task.WhenAll(connection.WriteAsync(item).AsTask(), Task.Delay(TimeSpan.FromSeconds(30), network.TimeProvider));
            sold = await connection.ReadAllAsync().FirstAsync();
        });
        return sold;
    }
}
