using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

[Collection(nameof(Metered))]
public sealed class TlsMetricsTests
{
    [Fact]
    public void Handshakes_of_both_sides_have_a_duration_and_a_version() => TlsWorld.Run(async world =>
    {
        using var metrics = new Metrics("Sockeye.Tls");
        await using var server = await world.Start();
        await using var client = await world.Connect();
        await client.SendAsync("x");
        Assert.Equal("x", await client.ReadAsync(1));

        foreach (var role in (string[])["server", "client"])
        {
            Assert.Equal(1, metrics.CountAnywhere("sockeye.tls.handshake.duration", role, "1.3"));
            Assert.InRange(metrics.SumAnywhere("sockeye.tls.handshake.duration", role), 0.0001, 1);
        }

        Assert.Equal(0, metrics.CountAnywhere("sockeye.tls.handshake.failures"));
    });

    [Fact]
    public void Handshakes_that_fail_say_at_what() => TlsWorld.Run(async world =>
    {
        using var metrics = new Metrics("Sockeye.Tls");
        await using var server = await world.Start(tls => tls.HandshakeTimeout = TimeSpan.FromSeconds(2));
        await using var silent = await world.Simulated.Connect();
        await silent.AssertResetAsync();

        await world.Simulated.Until(
            () => metrics.SumAnywhere("sockeye.tls.handshake.failures", "server", "timeout") == 1, "the failure was counted");
        Assert.InRange(metrics.SumAnywhere("sockeye.tls.handshake.duration", "server", "timeout"), 2, 2.2);
    });
}
