// error CS1503: A connection sends the requests of its codec and no others.
using Sockeye;

await using var connection = await new SockeyeClient().ConnectAsync("localhost", 7000, Codec.Lines(maxLength: 80));
await using var requests = connection.AsRequests();
Console.WriteLine(await requests.SendAsync(42));
