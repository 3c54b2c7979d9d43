using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

public sealed class TlsEchoTests
{
    private const int Seed = 1500;

    [Fact]
    public void Server_and_client_talk_over_TLS_1_3_on_a_simulated_network() => Simulated.Run(Seed, async world =>
    {
        using var certificate = TlsCertificates.CreateSelfSigned(world.Time, "server");
        await using var server = await world.StartWith(listen => listen.UseTls(certificate).Run(ConnectionText.Echo));
        var client = world.NewClient(options => options.UseTls(tls => tls.TrustedAuthorities = [certificate]));

        await using var connection = await client.ConnectAsync("server", 7000);
        await connection.SendAsync("hello");

        Assert.Equal("hello", await connection.ReadAsync(5));
        Assert.Equal(SslProtocols.Tls13, connection.Tls!.Protocol);
        Assert.Equal("server", connection.Tls.ServerName);
        await connection.Transport.Output.CompleteAsync();
        Assert.Equal("", await connection.ReadToEndAsync());
    });
}
