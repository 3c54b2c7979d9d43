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
    [InlineData("one.example.com.", "CN=one.example.com")]
    [InlineData("a_b.example.net", "CN=*.example.net")]
    [InlineData("xn--bcher-kva.example", "CN=xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.Example.", "CN=xn--bcher-kva.example")]
    [InlineData("bücher.example", "CN=xn--bcher-kva.example")]
    [InlineData("BÜCHER.example", "CN=xn--bcher-kva.example")]
    [InlineData("bücher\u3002example", "CN=xn--bcher-kva.example")]
    [InlineData("neue.bücher.example", "CN=*.xn--bcher-kva.example")]
    [InlineData("größe.bücher.example", "CN=*.xn--bcher-kva.example")]
    [InlineData("käse.example.org", "CN=inside")]
    [InlineData("xn--kse-qla.example.org", "CN=inside")]
    [InlineData("für.käse.example.org", "CN=inside")]
    [InlineData("über.für.käse.example.org", "CN=default")]
    [InlineData("bucher.example", "CN=default")]
    public void Client_is_shown_the_certificate_of_the_name_it_asks_for(string asked, string subject) =>
        TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls =>
        {
            tls.AddCertificate(world.Authority.Sign("default"));
            tls.AddCertificate(world.Authority.Sign("one.example.com", "two.example.com"));
            tls.AddCertificate(world.Authority.Sign("*.example.net"));
            tls.AddCertificate(
                world.Authority.Sign("inside"), "given.example.org", "KÄSE.example.org.", "*.käse.example.org");
            tls.AddCertificate(world.Authority.Sign("xn--bcher-kva.example"));
            tls.AddCertificate(world.Authority.Sign("*.xn--bcher-kva.example"));
        });

        await using var connection = await world.Connect(tls =>
        {
            tls.Authentication.TargetHost = asked;
            tls.Authentication.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        });

        Assert.Equal(subject, connection.Tls!.RemoteCertificate!.Subject);
    });

    [Theory]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("bücher.example")]
    [InlineData("BÜCHER.Example.")]
    [InlineData("*.xn--bcher-kva.example", "neue.bücher.example")]
    [InlineData("bücher.example", "xn--bcher-kva.example")] // the certificate is made of this form
    public void Client_trusts_a_certificate_for_the_name_in_whatever_form_it_is_given(string name, string? target = null) =>
        TlsWorld.Run(async world =>
        {
            using var certificate = TlsCertificates.CreateSelfSigned(world.Simulated.Time, name);
            string? asked = null;
            await using var server = await world.Start(tls => tls.AddCertificate(certificate), connection =>
            {
                asked = connection.Tls!.ServerName;
                return ConnectionText.Echo(connection);
            });

            await using var connection = await world.Connect(tls =>
            {
                tls.TrustedAuthorities = [certificate];
                tls.Authentication.TargetHost = target ?? name;
            });
            await connection.SendAsync("x");

            Assert.Equal("x", await connection.ReadAsync(1));
            Assert.EndsWith("xn--bcher-kva.example", asked, StringComparison.Ordinal);
            Assert.Equal(asked, connection.Tls!.ServerName);
        });

    [Theory]
    [InlineData("[fd00::7]", "fd00::7")]
    [InlineData("fd00:0:0:0::7", "fd00::7")]
    [InlineData("fe80::1%3", "fe80::1")]
    [InlineData("::ffff:10.9.8.7", "10.9.8.7")]
    [InlineData("10.9.8.7", "10.9.8.7")]
    public void Client_trusts_a_certificate_for_the_address_in_whatever_form_it_is_given(string target, string name) =>
        TlsWorld.Run(async world =>
        {
            await using var server = await world.Start(tls => tls.AddCertificate(world.Authority.Sign(name)));

            await using var connection = await world.Connect(tls => tls.Authentication.TargetHost = target);

            Assert.Equal($"CN={name}", connection.Tls!.RemoteCertificate!.Subject);
        });

    [Fact]
    public void Name_that_the_certificate_is_not_for_is_reported_in_the_form_of_certificates() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.AddCertificate(world.Authority.Sign("xn--bcher-kva.example")));

        await world.AssertFails(
            TlsFailure.WrongHost, "is for xn--bcher-kva.example, not for xn--kse-qla.example: connect to one of its names",
            tls => tls.Authentication.TargetHost = "Käse.example.");
    });

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public void Certificate_is_not_added_for_an_invalid_name(string? name)
    {
        using var certificate = TlsCertificates.CreateSelfSigned("localhost");

        Assert.ThrowsAny<ArgumentException>(() => new TlsServerOptions().AddCertificate(certificate, "good", name!));
    }

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
    [InlineData(false, "the client sent no certificate, and this server requires one")]
    [InlineData(true, "CN=device 7 was signed by CN=Unknown, which this side does not trust (RequireClientCertificate)")]
    public void Client_without_a_certificate_of_the_authority_is_refused(bool shows, string text) => TlsWorld.Run(async world =>
    {
        var handled = 0;
        using var other = new TestAuthority(world.Simulated.Time, "Unknown");
        await using var server = await world.Start(
            tls => tls.RequireClientCertificate([world.Authority.Certificate]), _ => Task.FromResult(handled++));

        // TLS 1.3: the client has its connection before the server has seen its certificate.
        await using var connection = await world.Connect(tls =>
        {
            if (shows)
                tls.Authentication.ClientCertificates = [other.Sign("device 7")];
        });
        await connection.AssertResetAsync();

        await TlsFailureTests.AssertServerLoggedAsync(world, $"Local TlsError Both, ");
        await TlsFailureTests.AssertServerLoggedAsync(world, text);
        Assert.Equal(0, handled);
    });
}
