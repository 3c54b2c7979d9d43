#:project ../../src/Sockeye/Sockeye.csproj
#:project ../../src/Sockeye.Linux/Sockeye.Linux.csproj
// Typed messages through TLS, published by .ci/aot-libraries: a server and a client in one program.
using System.Text.Json.Serialization;
using Sockeye;

var orders = Codec.LengthPrefixed(Wire.Default.Order, maxLength: 64 * 1024);
using var certificate = TlsCertificates.CreateSelfSigned("localhost");

await using var server = await SockeyeServer.StartAsync(options =>
    options.ListenLocalhost(0).UseTls(certificate).Run(orders, async peer =>
    {
        await foreach (var order in peer.ReadAllAsync())
            await peer.WriteAsync(order with { Accepted = true });
    }));

var client = new SockeyeClient(options => options.UseTls(tls => tls.PinnedFingerprint = TlsCertificates.Fingerprint(certificate)));
await using var connection = await client.ConnectAsync(server.EndPoints[0], orders);
await connection.WriteAsync(new Order(Id: 1, Symbol: "MSFT"));
Console.WriteLine(await connection.ReadAllAsync().FirstAsync());

internal sealed record Order(long Id, string Symbol, bool Accepted = false);

[JsonSerializable(typeof(Order))]
internal sealed partial class Wire : JsonSerializerContext;
