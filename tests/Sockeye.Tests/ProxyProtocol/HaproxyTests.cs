using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>What HAProxy sends is understood, and what is sent to HAProxy too.</summary>
public sealed class HaproxyTests : IDisposable
{
    private readonly TestLog _log = new();

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData("send-proxy", ProxyProtocolVersion.V1)]
    [InlineData("send-proxy-v2", ProxyProtocolVersion.V2)]
    [InlineData("send-proxy-v2 proxy-v2-options crc32c,unique-id", ProxyProtocolVersion.V2)]
    public async Task Client_of_haproxy_has_its_own_address(string options, ProxyProtocolVersion version)
    {
        var accepted = new TaskCompletionSource<ProxyHeader>();
        await using var server = await StartAsync(accepted);
        await using var haproxy = await HaproxyProcess.StartAsync("", $"{server.EndPoints[0]} {options}");
        await using var client = await SocketTransport.Shared.ConnectAsync(haproxy.EndPoint, Token).Within();
        await client.SendAsync("hello");

        Assert.Equal($"{client.LocalEndPoint} -> {client.RemoteEndPoint}", await client.ReadLineAsync().Within());
        Assert.Equal("hello", await client.ReadAsync(5).Within());
        var header = await accepted.Task.Within();
        Assert.Equal((version, false), (header.Version, header.IsLocal));
        Assert.NotEqual(client.LocalEndPoint, header.ProxyEndPoint);
        Assert.Equal(server.EndPoints[0], header.AcceptedEndPoint);
        var hasMore = options.Contains("crc32c", StringComparison.Ordinal);
        Assert.Equal(hasMore ? $"id-of-{client.LocalEndPoint}" : "", Encoding.ASCII.GetString(header.UniqueId.Span));
        Assert.Equal(hasMore, header.Tlvs.Any(tlv => tlv.Type is ProxyTlvType.Checksum));
    }

    [Fact]
    public async Task Haproxy_that_ends_tls_reports_it()
    {
        using var key = RSA.Create(2048);
        using var certificate = CreateCertificate(key);
        var pem = certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
        var accepted = new TaskCompletionSource<ProxyHeader>();
        await using var server = await StartAsync(accepted);
        await using var haproxy = await HaproxyProcess.StartAsync(
            "ssl crt own.pem ca-file own.pem verify optional alpn sockeye",
            $"{server.EndPoints[0]} send-proxy-v2 proxy-v2-options crc32c,ssl,cert-cn,ssl-cipher,cert-sig,cert-key,"
            + "authority,unique-id",
            ("own.pem", pem));
        using var client = new TcpClient(AddressFamily.InterNetwork);
        await client.ConnectAsync(haproxy.EndPoint, Token).AsTask().Within();
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "shop.example",
            ClientCertificates = [certificate],
            ApplicationProtocols = [new("sockeye")],
            RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.Subject == certificate.Subject,
        }, Token).Within();

        var header = await accepted.Task.Within();
        Assert.Equal((client.Client.LocalEndPoint, "shop.example", "sockeye"), (header.Source, header.Authority, header.Alpn));
        var ssl = header.Ssl!;
        Assert.Equal(ProxySslClient.Tls | ProxySslClient.Certificate | ProxySslClient.CertificateEarlier, ssl.Client);
        Assert.True(ssl.IsCertificateVerified);
        Assert.Equal(
            ("TLSv1.3", "tester", $"{tls.NegotiatedCipherSuite}", "RSA-SHA256", "RSA2048"),
            (ssl.Version, ssl.CommonName, ssl.Cipher, ssl.SignatureAlgorithm, ssl.KeyAlgorithm));
    }

    [Theory]
    [InlineData(ProxyProtocolVersion.V1, "send-proxy-v2")]
    [InlineData(ProxyProtocolVersion.V2, "send-proxy")]
    public async Task Haproxy_passes_on_what_a_client_sends(ProxyProtocolVersion version, string options)
    {
        await using var server = await StartAsync(new());
        await using var haproxy = await HaproxyProcess.StartAsync("accept-proxy", $"{server.EndPoints[0]} {options}");
        foreach (var (source, destination) in ((string, string)[])
            [("192.0.2.7:56324", "198.51.100.1:443"), ("[2001:db8::7]:1", "[2001:db8::ffff:c000:207]:65535")])
        {
            var client = new SockeyeClient(client => client.UseProxyProtocol(_ => new()
            {
                Version = version,
                Source = IPEndPoint.Parse(source),
                Destination = IPEndPoint.Parse(destination),
                Tlvs = version is ProxyProtocolVersion.V2
                    ? [new(ProxyTlvType.Authority, "shop.example"u8.ToArray()), ProxyTlv.Checksum] : [],
            }));
            await using var connection = await client.ConnectAsync(haproxy.EndPoint, Token).Within();

            Assert.Equal(
                $"{IPEndPoint.Parse(source)} -> {IPEndPoint.Parse(destination)}", await connection.ReadLineAsync().Within());
        }
    }

    [Fact]
    public async Task Health_checks_with_a_header_are_served_and_say_what_they_are()
    {
        var accepted = new TaskCompletionSource<ProxyHeader>();
        await using var server = await StartAsync(accepted);
        await using var haproxy = await HaproxyProcess.StartAsync(
            "", $"{server.EndPoints[0]} check inter 20ms send-proxy-v2 check-send-proxy");

        var header = await accepted.Task.Within();
        Assert.Equal((true, null, null), (header.IsLocal, header.Source, header.Destination));
        Assert.NotNull(header.ProxyEndPoint);
    }

    [Fact]
    public async Task Health_checks_without_a_byte_leave_no_warning()
    {
        await using var server = await StartAsync(new());
        // By default HAProxy resets before the handshake is over, and the server does not see that check.
        await using var haproxy = await HaproxyProcess.StartAsync(
            "", $"{server.EndPoints[0]} check inter 20ms\n  option tcp-check\n  tcp-check connect linger");

        await BoundedWait.Until(() => _log.WithId(1200).Count() > 3, "some checks were made");
        Assert.DoesNotContain(_log.Lines.GetSnapshot(), line => line.Level > LogLevel.Information);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<SockeyeServer> StartAsync(TaskCompletionSource<ProxyHeader> accepted) => SockeyeServer.StartAsync(options =>
    {
        options.LoggerFactory = _log;
        options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).UseProxyProtocol(IPNetwork.Parse("127.0.0.0/8")).Run(connection =>
        {
            accepted.TrySetResult(connection.ProxyHeader!);
            return ProxiedServer.ReportAddressesAsync(connection);
        });
    }, Token);

    private static X509Certificate2 CreateCertificate(RSA key)
    {
        var request = new CertificateRequest("CN=tester", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var start = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return request.CreateSelfSigned(start, start.AddYears(100));
    }
}
