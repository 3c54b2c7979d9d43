using Sockeye.Tests.Support;

namespace Sockeye.Tests.Limits;

public sealed class BandwidthOverTlsTests
{
    private const int Seed = 36;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Limit_holds_on_either_side_of_TLS_and_closing_is_in_order(bool isBefore) => Simulated.Run(Seed, async world =>
    {
        using var certificate = TlsCertificates.CreateSelfSigned(world.Time, "server");
        await using var server = await world.StartWith(listen =>
        {
            if (isBefore)
                listen.UseBandwidthLimit(100_000, 100_000);
            listen.UseTls(certificate);
            if (!isBefore)
                listen.UseBandwidthLimit(100_000, 100_000);
            listen.Run(ConnectionText.Echo);
        });
        var client = world.NewClient(options => options
            .UseTls(tls => tls.TrustedAuthorities = [certificate])
            .UseBandwidthLimit(200_000, 200_000));
        var text = new string('a', 500_000);
        var begun = world.Network.Elapsed;
        await using (var connection = await client.ConnectAsync("server", 7000))
        {
            var read = connection.ReadToEndAsync();
            await connection.SendAsync(text);
            await connection.Transport.Output.CompleteAsync();
            Assert.Equal(text, await read);
        }

        Assert.InRange((world.Network.Elapsed - begun).TotalSeconds, 4.8, 5.5);
        Assert.Contains("Fin", (await world.ConnectionEnded()).Message);
    });

    [Fact]
    public void Client_that_is_disposed_sends_all_that_it_wrote_first() => Simulated.Run(Seed, async world =>
    {
        using var certificate = TlsCertificates.CreateSelfSigned(world.Time, "server");
        var got = "";
        await using var server = await world.StartWith(
            listen => listen.UseTls(certificate).Run(async connection => got = await connection.ReadToEndAsync()));
        var client = world.NewClient(options => options
            .UseTls(tls => tls.TrustedAuthorities = [certificate])
            .UseBandwidthLimit(null, 200_000));
        var text = new string('a', 500_000);

        await using (var connection = await client.ConnectAsync("server", 7000))
            await connection.SendAsync(text);

        await world.ConnectionEnded();
        Assert.Equal(text, got);
    });
}
