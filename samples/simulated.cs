#:project ../src/Sockeye.Testing/Sockeye.Testing.csproj
using Sockeye;
using Sockeye.Testing;

SimulatedNetwork.Run(seed: 42, async network =>
{
    var (shop, till, sales) = (network.AddHost("shop"), network.AddHost("till"), Codec.Lines(maxLength: 100));
    await using var server = await SockeyeServer.StartAsync(options =>
    {
        options.Transport = shop;
        options.ListenAnyIP(7000).Run(sales, async peer =>
        {
            await foreach (var item in peer.ReadAllAsync())
                await peer.WriteAsync($"sold {item}");
        });
    });
    var client = new SockeyeClient(options => options.Transport = till);
    await using var connection = await client.ConnectAsync("shop", 7000, sales);

    using (network.Partition(shop, till)) // It heals. TCP retransmits: the sale is late, not lost.
        await Task.WhenAll(connection.WriteAsync("tea").AsTask(), Task.Delay(TimeSpan.FromSeconds(30), network.TimeProvider));
    var sold = await connection.ReadAllAsync().FirstAsync();
    Console.WriteLine(sold is "sold tea" ? $"{sold}, after {network.Elapsed}" : throw new InvalidDataException(sold));

    network.Partition(shop, till); // It does not heal. TCP gives up after 15 minutes.
    await connection.WriteAsync("milk");
    try { throw new InvalidDataException(await connection.ReadAllAsync().FirstAsync()); }
    catch (IOException lost) { Console.WriteLine($"milk, after {network.Elapsed}: {lost.Message}"); }
});
