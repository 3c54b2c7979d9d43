using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>Certificates that the configuration names.</summary>
public sealed class CertificateTests
{
    [Fact]
    public async Task Reload_that_names_other_files_shows_the_other_certificate_and_a_broken_file_is_refused()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, "first");
        Write(directory, "second");
        await File.WriteAllTextAsync(
            Path.Combine(directory.Path, "broken.pem"), "no certificate", TestContext.Current.CancellationToken);
        await using var host = await TestHost.StartAsync(WithCertificate("first"), contentRoot: directory.Path);
        Assert.Equal("CN=first", await SubjectAsync(host));

        await host.ChangeAsync(WithCertificate("second"));
        Assert.Equal("CN=second", await SubjectAsync(host));

        var line = await host.ChangeAndExpectRefusalAsync(WithCertificate("broken"));
        Assert.Contains("Sockeye:EndPoints:a:Tls:Certificate is \"broken.pem\": ", line, StringComparison.Ordinal);
        Assert.Equal("CN=second", await SubjectAsync(host));
    }

    private static string WithCertificate(string name) =>
        TestHost.OneEndPoint("echo", $$""", "Tls": { "Certificate": "{{name}}.pem", "ApplicationProtocols": [ "x/1" ] }""");

    private static void Write(TemporaryDirectory directory, string name)
    {
        using var certificate = TlsCertificates.CreateSelfSigned(name);
        using var key = System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(certificate)!;
        File.WriteAllText(
            Path.Combine(directory.Path, $"{name}.pem"),
            $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }

    private static async Task<string> SubjectAsync(TestHost host)
    {
        var cancelled = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)host.Server.EndPoints[0], cancelled);
        var subject = "";
        await using var tls = new SslStream(client.GetStream(), false, (_, certificate, _, _) =>
        {
            subject = certificate!.Subject;
            return subject.Length > 0;
        });
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "any" }, cancelled).Within();
        return subject;
    }
}
