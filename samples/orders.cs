#:project ../src/Sockeye/Sockeye.csproj
using System.Text.Json.Serialization;
using Sockeye;

var orders = Codec.LengthPrefixed(Wire.Default.Order, maxLength: 64 * 1024);

await using var server = await SockeyeServer.StartAsync(options =>
    options.ListenLocalhost(0).Run(orders, async peer =>
    {
        await foreach (var order in peer.ReadAllAsync())
            await peer.WriteAsync(order with { Accepted = true });
    }));

await using var client = await new SockeyeClient().ConnectAsync(server.EndPoints[0], orders);
await client.WriteAsync(new Order(Id: 1, Symbol: "MSFT"));
await foreach (var answer in client.ReadAllAsync())
{
    Console.WriteLine(answer);
    break;
}

sealed record Order(long Id, string Symbol, bool Accepted = false);

[JsonSerializable(typeof(Order))]
sealed partial class Wire : JsonSerializerContext;
