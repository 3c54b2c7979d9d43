using System.Net.Security;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Tests.Tls;

public sealed class TlsOptionsTests
{
    [Theory]
    [InlineData(192)] // Tls: named by number, since the names are obsolete
    [InlineData(768 | (int)SslProtocols.Tls13)] // Tls11
    [InlineData(48)] // Ssl3
    public void Versions_before_1_2_are_refused_with_a_sentence(int number)
    {
        var protocols = (SslProtocols)number;
        using var certificate = TlsCertificates.CreateSelfSigned();
        var server = Assert.Throws<ArgumentException>(() => Listen().UseTls(
            new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = protocols }));
        var client = Assert.Throws<ArgumentException>(() => new SockeyeClientOptions().UseTls(
            new SslClientAuthenticationOptions { EnabledSslProtocols = protocols }));
        Assert.All([server, client], error => Assert.Contains("use Tls12 | Tls13", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void No_version_named_means_1_2_and_1_3_and_renegotiation_is_off()
    {
        using var certificate = TlsCertificates.CreateSelfSigned();
        var common = new TlsServerOptions(new() { ServerCertificate = certificate, AllowRenegotiation = true })
            .CreateConfiguration(Listen()).Authentication;
        Assert.Equal((SslProtocols.Tls12 | SslProtocols.Tls13, false), (common.EnabledSslProtocols, common.AllowRenegotiation));
    }

    [Fact]
    public void Server_without_a_certificate_is_refused_with_the_way_out()
    {
        var error = Assert.Throws<ArgumentException>(() => Listen().UseTls(_ => { }));
        Assert.StartsWith("UseTls on localhost:7443 has no certificate: call AddCertificate", error.Message);
    }

    [Fact]
    public void Certificate_without_its_key_is_refused()
    {
        using var certificate = TlsCertificates.CreateSelfSigned();
        using var bare = X509CertificateLoader.LoadCertificate(certificate.RawData);
        var error = Assert.Throws<ArgumentException>(() => Listen().UseTls(bare));
        Assert.Contains("CN=localhost has no private key", error.Message);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused()
    {
        var (server, client) = (new TlsServerOptions(), new TlsClientOptions());
        Assert.Throws<ArgumentOutOfRangeException>(() => server.HandshakeTimeout = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => client.HandshakeTimeout = TimeSpan.FromHours(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => server.MaxHandshakes = 0);
        Assert.Throws<ArgumentException>(() => client.PinnedFingerprint = "AB:CD");
    }

    [Fact]
    public void Client_has_TLS_once()
    {
        var client = new SockeyeClientOptions().UseTls();
        Assert.Throws<InvalidOperationException>(() => client.UseTls());
    }

    [Fact]
    public async Task TLS_before_a_limit_is_refused_when_the_server_starts()
    {
        using var certificate = TlsCertificates.CreateSelfSigned();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => SockeyeServer.StartAsync(
            options => options.ListenLocalhost(0).UseTls(certificate).UseConnectionLimit(1).Run(_ => Task.CompletedTask),
            TestContext.Current.CancellationToken));
        Assert.Contains("UseConnectionLimit must come before UseTls", error.Message);
        error = await Assert.ThrowsAsync<InvalidOperationException>(() => SockeyeServer.StartAsync(
            options => options.ListenLocalhost(0).UseTls(certificate).UseTls(certificate).Run(_ => Task.CompletedTask),
            TestContext.Current.CancellationToken));
        Assert.Contains("UseTls is on localhost:0 twice", error.Message);
    }

    [Fact]
    public void Copies_have_every_property()
    {
        using var certificate = TlsCertificates.CreateSelfSigned();
        var context = SslStreamCertificateContext.Create(certificate, null, offline: true);
        var policy = new X509ChainPolicy { RevocationFlag = X509RevocationFlag.EntireChain };
        AssertCopied(new SslServerAuthenticationOptions
        {
            AllowRenegotiation = true,
            AllowTlsResume = false,
            ClientCertificateRequired = true,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            ServerCertificateSelectionCallback = (_, _) => certificate,
            ServerCertificate = certificate,
            ServerCertificateContext = context,
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.Offline,
#pragma warning disable SYSLIB0040 // It is copied as it is.
            EncryptionPolicy = EncryptionPolicy.AllowNoEncryption,
            CertificateChainPolicy = policy,
        }, OptionCopier.DeepCopy);
        AssertCopied(new SslClientAuthenticationOptions
        {
            AllowRenegotiation = false,
            AllowTlsResume = false,
            LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            TargetHost = "name",
            ClientCertificates = [certificate],
            ClientCertificateContext = context,
            CertificateRevocationCheckMode = X509RevocationMode.Offline,
            EncryptionPolicy = EncryptionPolicy.AllowNoEncryption,
#pragma warning restore SYSLIB0040
            EnabledSslProtocols = SslProtocols.Tls13,
            CertificateChainPolicy = policy,
        }, OptionCopier.DeepCopy);
    }

    [Fact]
    public void Change_of_options_that_were_taken_has_no_effect()
    {
        using var certificate = TlsCertificates.CreateSelfSigned();
        var server = new SslServerAuthenticationOptions
        {
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = new() { RevocationMode = X509RevocationMode.NoCheck },
        };
        var client = new SslClientAuthenticationOptions
        {
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = new() { RevocationMode = X509RevocationMode.NoCheck },
            ClientCertificates = [certificate],
        };
        var (takenServer, takenClient) = (OptionCopier.DeepCopy(server), OptionCopier.DeepCopy(client));

        Change(server.ApplicationProtocols, server.CertificateChainPolicy);
        Change(client.ApplicationProtocols, client.CertificateChainPolicy);
        client.ClientCertificates.Clear();

        AssertUnchanged(takenServer.ApplicationProtocols, takenServer.CertificateChainPolicy);
        AssertUnchanged(takenClient.ApplicationProtocols, takenClient.CertificateChainPolicy);
        Assert.Single(takenClient.ClientCertificates!);

        void Change(List<SslApplicationProtocol> protocols, X509ChainPolicy policy)
        {
            protocols.Add(SslApplicationProtocol.Http11);
            policy.RevocationMode = X509RevocationMode.Online;
            policy.CustomTrustStore.Add(certificate);
        }

        static void AssertUnchanged(List<SslApplicationProtocol>? protocols, X509ChainPolicy? policy)
        {
            Assert.Equal([SslApplicationProtocol.Http2], protocols);
            Assert.Equal((X509RevocationMode.NoCheck, 0), (policy!.RevocationMode, policy.CustomTrustStore.Count));
        }
    }

    [Fact]
    public void Change_of_a_servers_options_after_UseTls_has_no_effect()
    {
        using var certificate = TlsCertificates.CreateSelfSigned();
        var options = new TlsServerOptions();
        options.AddCertificate(certificate);
        options.Authentication.ApplicationProtocols = [SslApplicationProtocol.Http2];
        var taken = options.CreateConfiguration(Listen());

        options.AddCertificate(certificate);
        options.Authentication.ApplicationProtocols.Clear();
        options.HandshakeTimeout = TimeSpan.FromMinutes(1);
        options.MaxHandshakes = 1;
        options.RequireClientCertificate();

        Assert.Single(taken.Certificates);
        Assert.Equal([SslApplicationProtocol.Http2], taken.Authentication.ApplicationProtocols);
        Assert.False(taken.Authentication.ClientCertificateRequired);
        Assert.Equal((TimeSpan.FromSeconds(10), 1000), (taken.HandshakeTimeout, taken.MaxHandshakes));
    }

    [Fact]
    public void Fingerprint_is_the_one_that_OpenSSL_prints()
    {
        using var certificate = TlsCertificates.CreateSelfSigned();
        var expected = BitConverter.ToString(SHA256.HashData(certificate.RawData)).Replace('-', ':');
        Assert.Equal(expected, TlsCertificates.Fingerprint(certificate));
    }

    private static ListenOptions Listen() => new SockeyeServerOptions().ListenLocalhost(7443);

    /// <summary>Every property is set to something else than its default, so that one that is forgotten shows.</summary>
    private static void AssertCopied<T>(T original, Func<T, T> copy)
        where T : new()
    {
        // Windows cannot make one.
        const string Policy = "CipherSuitesPolicy";
        if (OperatingSystem.IsLinux())
        {
#pragma warning disable CA1416 // See above; this runs on Linux.
            Property(Policy).SetValue(original, new CipherSuitesPolicy([TlsCipherSuite.TLS_AES_128_GCM_SHA256]));
#pragma warning restore CA1416
        }

        Property("AllowRsaPssPadding").SetValue(original, false);
        Property("AllowRsaPkcs1Padding").SetValue(original, false);
        var (copied, plain) = (copy(original), new T());
        foreach (var property in typeof(T).GetProperties().Where(
            property => property.Name is not Policy || OperatingSystem.IsLinux()))
        {
            var value = property.GetValue(original);
            Assert.False(Equals(value, property.GetValue(plain)), $"{property.Name} has its default here: set it in this test.");
            if (value is X509ChainPolicy)
                Assert.Equivalent(value, property.GetValue(copied), strict: true); // It has no equality of values.
            else
                Assert.Equal(value, property.GetValue(copied));
        }

        static PropertyInfo Property(string name) => typeof(T).GetProperty(name)!;
    }
}
