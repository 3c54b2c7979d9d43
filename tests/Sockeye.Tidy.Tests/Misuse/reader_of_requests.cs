// error CS1061: The connection for requests reads the messages itself. A second reader would take responses away from it.
using Sockeye;

await using var connection = await new SockeyeClient().ConnectAsync("localhost", 7000, Codec.Lines(maxLength: 80));
await using var requests = connection.AsRequests();
await foreach (var response in requests.ReadAllAsync())
    Console.WriteLine(response);
