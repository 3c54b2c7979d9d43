using Sockeye;

await using var server = await SockeyeServer.StartAsync(options => options
    .ListenLocalhost(0)
    .Run(connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output)));

await using var client = await new SockeyeClient().ConnectAsync(server.EndPoints[0], Codec.Lines(maxLength: 100));
await client.WriteAsync("hello");
Console.WriteLine($"echo: {await client.ReadAllAsync().FirstAsync()}, transport: {server.Transport.GetType().Name}");
