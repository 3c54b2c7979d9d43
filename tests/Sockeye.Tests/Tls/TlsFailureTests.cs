using System.Security.Authentication;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Tls;

/// <summary>What is said, and to whom, when TLS cannot be agreed on.</summary>
public sealed class TlsFailureTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void Expired_certificate_is_reported_with_its_date() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.AddCertificate(world.Authority.Sign(-9 * Day, -2 * Day, "server")));
        await world.AssertFails(TlsFailure.CertificateExpired, "the certificate CN=server expired on 1999-12-30 00:00:00Z");
        await AssertServerLoggedAsync(world, "Peer Reset");
    });

    [Fact]
    public void Certificate_of_the_future_is_reported_with_its_date() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.AddCertificate(world.Authority.Sign(2 * Day, 9 * Day, "server")));
        await world.AssertFails(TlsFailure.CertificateNotYetValid, "is not valid before 2000-01-03 00:00:00Z");
    });

    [Fact]
    public void Certificate_for_other_names_is_reported_with_them() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(
            tls => tls.AddCertificate(world.Authority.Sign("example.com", "*.example.net", "10.9.8.7")));
        await world.AssertFails(
            TlsFailure.WrongHost, "the certificate is for example.com, *.example.net, 10.9.8.7, not for server");
    });

    [Fact]
    public void Unknown_authority_is_named() => TlsWorld.Run(async world =>
    {
        using var other = new TestAuthority(world.Simulated.Time, "Unknown");
        await using var server = await world.Start(tls => tls.AddCertificate(other.Sign("server")));
        await world.AssertFails(
            TlsFailure.UnknownAuthority, "CN=server was signed by CN=Unknown, which this side does not trust");
        await world.AssertFails(TlsFailure.UnknownAuthority, "CN=Unknown", tls => tls.TrustedAuthorities = null);
    });

    [Fact]
    public void Self_signed_certificate_is_reported_with_its_fingerprint_and_can_be_pinned() => TlsWorld.Run(async world =>
    {
        using var certificate = TlsCertificates.CreateSelfSigned(world.Simulated.Time, "elsewhere");
        var fingerprint = TlsCertificates.Fingerprint(certificate);
        await using var server = await world.Start(tls => tls.AddCertificate(certificate));

        await world.AssertFails(TlsFailure.SelfSigned, $"its fingerprint is {fingerprint}: if that is the server's, pin it");
        await using var connection = await world.Connect(tls => tls.PinnedFingerprint = fingerprint);
        await using var again = await world.Connect(
            tls => tls.PinnedFingerprint = fingerprint.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant());
        await world.AssertFails(
            TlsFailure.WrongFingerprint, $"has the fingerprint {fingerprint}, which is not the pinned one",
            tls => tls.PinnedFingerprint = fingerprint[..^1] + (fingerprint[^1] is '0' ? '1' : '0'));
    });

    [Fact]
    public void Client_that_speaks_plain_text_is_recognized_at_once() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start();
        await using var client = await world.Simulated.Connect();

        await client.SendAsync("GET / HTTP/1.1\r\n\r\n");

        Assert.Equal("", await client.ReadToEndAsync());
        await client.DisposeAsync();
        await AssertServerLoggedAsync(
            world, "Local TlsError Both, the peer sent plain text, not TLS (HTTP: \"GET / HTTP/1.1\")");
        Assert.Contains("PlainText", Assert.Single(world.Simulated.Log.WithId(1500)).Message);
        Assert.Empty(world.Simulated.Log.WithId(1201));
    });

    [Fact]
    public void Server_that_answers_in_plain_text_is_recognized_at_once() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Simulated.Start(connection => connection.SendAsync("220 hi\r\n"));
        await world.AssertFails(
            TlsFailure.PlainText, "the server answered in plain text, not TLS (it starts with \"220 hi\")");
    });

    [Fact]
    public void Versions_without_a_common_one_are_reported_on_both_sides() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.Authentication.EnabledSslProtocols = SslProtocols.Tls13);
        await world.AssertFails(TlsFailure.NoCommonVersion, "no version of TLS in common",
            tls => tls.Authentication.EnabledSslProtocols = SslProtocols.Tls12);
        await AssertServerLoggedAsync(world, "no version of TLS in common");
    });

    [Fact]
    public void Application_protocols_without_a_common_one_are_reported_on_both_sides() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Start(tls => tls.Authentication.ApplicationProtocols = [new("one")]);
        await world.AssertFails(TlsFailure.NoCommonApplicationProtocol, "no application protocol in common",
            tls => tls.Authentication.ApplicationProtocols = [new("other")]);
        await AssertServerLoggedAsync(world, "no application protocol in common");
    });

    [Fact]
    public void Server_that_closes_during_the_handshake_is_reported() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Simulated.Start(connection => connection.Transport.Input.ReadAsync().AsTask());
        await world.AssertFails(TlsFailure.PeerClosed, "the peer closed the connection during the TLS handshake");
    });

    [Fact]
    public void Server_that_resets_during_the_handshake_is_reported() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Simulated.Start(connection =>
        {
            connection.Abort();
            return Task.CompletedTask;
        });
        await world.AssertFails(TlsFailure.PeerClosed, "the peer reset the connection (RST)");
    });

    [Fact]
    public void Handshake_of_a_client_ends_with_its_time() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Simulated.Start(ReadOn);
        var begun = world.Simulated.Network.Elapsed;
        await world.AssertFails(TlsFailure.Timeout, "did not finish within 3 s (HandshakeTimeout): the peer sent nothing",
            tls => tls.HandshakeTimeout = TimeSpan.FromSeconds(3));
        Assert.InRange((world.Simulated.Network.Elapsed - begun).TotalSeconds, 3, 3.3);
    });

    [Fact]
    public void Cancelling_during_the_handshake_ends_connecting_and_leaves_nothing() => TlsWorld.Run(async world =>
    {
        await using var server = await world.Simulated.Start(ReadOn);
        using var cancelling = new CancellationTokenSource(TimeSpan.FromSeconds(1), world.Simulated.Time);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => world.NewClient().ConnectAsync("server", TlsWorld.Port, cancelling.Token).AsTask());

        Assert.Contains("Peer Reset", (await world.Simulated.ConnectionEnded()).Message);
    });

    [Fact]
    public void Reconnecting_client_tries_again_after_a_handshake_that_failed() => TlsWorld.Run(async world =>
    {
        var served = 0;
        using var wrong = TlsCertificates.CreateSelfSigned(world.Simulated.Time, "server");
        await using var first = await world.Start(tls => tls.AddCertificate(wrong));
        var client = world.Simulated.NewClient(options => options.UseTls(tls =>
        {
            tls.Authentication.RemoteCertificateValidationCallback = (_, _, _, _) => ++served > 2;
        }));

        await foreach (var connection in client.ReconnectAsync("server", TlsWorld.Port))
            break;

        Assert.Equal(3, served);
        Assert.Equal(2, world.Simulated.Log.WithId(3002).Count());
    });

    internal static async Task AssertServerLoggedAsync(TlsWorld world, string text)
    {
        var line = (await world.Simulated.ConnectionEnded()).Message;
        Assert.True(line.Contains(text, StringComparison.Ordinal), line);
    }

    private static async Task ReadOn(Microsoft.AspNetCore.Connections.ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }
}
