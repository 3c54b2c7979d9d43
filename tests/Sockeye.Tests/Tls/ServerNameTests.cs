using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>Which certificate a client is shown, and whom a server lets in.</summary>
public sealed class ServerNameTests
{
    [Theory]
    [InlineData("one.example.com", "CN=one.example.com")]
    [InlineData("ONE.example.COM", "CN=one.example.com")]
    [InlineData("any.example.net", "CN=*.example.net")]
    [InlineData("more.any.example.net", "CN=default")]
    [InlineData("example.net", "CN=default")]
    [InlineData("given.example.org", "CN=inside")]
    [InlineData("inside", "CN=default")]
    [InlineData("strange", "CN=default")]
    [InlineData("10.1.2.3", "CN=default")]
    public void Client_is_shown_the_certificate_of_the_name_it_asks_for(string asked, string subject) =>
        TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls =>
        {
            tls.AddCertificate(world.Authority.Sign("default"));
            tls.AddCertificate(world.Authority.Sign("one.example.com", "two.example.com"));
            tls.AddCertificate(world.Authority.Sign("*.example.net"));
            tls.AddCertificate(world.Authority.Sign("inside"), "given.example.org");
        });

        await using var connection = await world.Connect(tls =>
        {
            tls.Authentication.TargetHost = asked;
            tls.Authentication.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        });

        Assert.Equal(subject, connection.Tls!.RemoteCertificate!.Subject);
    });

    [Fact]
    public void Client_with_a_certificate_of_the_authority_is_let_in_and_known() => TlsWorld.Run(async world =>
    {
        string? who = null;
        await using var server = await world.Start(
            tls => tls.RequireClientCertificate([world.Authority.Certificate]),
            connection =>
            {
                who = connection.Tls!.RemoteCertificate!.Subject;
                return ConnectionText.Echo(connection);
            });

        await using var connection = await world.Connect(
            tls => tls.Authentication.ClientCertificates = [world.Authority.Sign("device 7")]);
        await connection.SendAsync("x");

        Assert.Equal("x", await connection.ReadAsync(1));
        Assert.Equal("CN=device 7", who);
        Assert.Equal("CN=device 7", connection.Tls!.LocalCertificate!.Subject);
    });

    [Theory]
    [InlineData(false, "the client has shown no certificate, and this server requires one")]
    [InlineData(true, "CN=device 7 was signed by CN=Nobody, whom this side does not trust (RequireClientCertificate)")]
    public void Client_without_a_certificate_of_the_authority_is_refused(bool shows, string words) => TlsWorld.Run(async world =>
    {
        var handled = 0;
        using var other = new TestAuthority(world.Simulated.Time, "Nobody");
        await using var server = await world.Start(
            tls => tls.RequireClientCertificate([world.Authority.Certificate]), _ => Task.FromResult(handled++));

        // TLS 1.3: the client has its connection before the server has seen its certificate.
        await using var connection = await world.Connect(tls =>
        {
            if (shows)
                tls.Authentication.ClientCertificates = [other.Sign("device 7")];
        });
        await connection.AssertResetAsync();

        await TlsFailureTests.AssertServerToldAsync(world, $"Local TlsError Both, ");
        await TlsFailureTests.AssertServerToldAsync(world, words);
        Assert.Equal(0, handled);
    });
}
