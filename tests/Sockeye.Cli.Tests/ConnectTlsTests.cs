using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye connect --tls</c> with other servers.</summary>
public sealed class ConnectTlsTests : IDisposable
{
    private static readonly byte[] Line = "abc\n"u8.ToArray();

    private readonly AuthorityFiles _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Openssl_server_answers()
    {
        await using var server = await OpensslAsync(_authority.Issue("localhost"));

        var result = await ConnectAsync(server, "--ca", _authority.CertificateFile);

        Assert.Equal("cba\n", result.Text);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task Expired_certificate_is_refused()
    {
        await using var server = await OpensslAsync(_authority.IssueExpired("localhost"));

        await AssertRefusesAsync(server, "expired", "--ca", _authority.CertificateFile);
    }

    [Fact]
    public async Task Certificate_for_another_host_is_refused_and_both_names_are_reported()
    {
        await using var server = await OpensslAsync(_authority.Issue("elsewhere.example"));

        await AssertRefusesAsync(server, "elsewhere.example", "--ca", _authority.CertificateFile);
        await AssertRefusesAsync(server, "not for localhost", "--ca", _authority.CertificateFile);
    }

    [Fact]
    public async Task Requested_server_name_can_be_chosen()
    {
        await using var server = await OpensslAsync(_authority.Issue("elsewhere.example"));

        var result = await ConnectAsync(server, "--ca", _authority.CertificateFile, "--sni", "elsewhere.example");

        Assert.Equal("cba\n", result.Text);
    }

    [Fact]
    public async Task Certificate_of_an_unknown_authority_is_refused()
    {
        using var others = new AuthorityFiles("Another Authority");
        await using var server = await OpensslAsync(_authority.Issue("localhost"));

        await AssertRefusesAsync(server, "signed by CN=Test Authority", "--ca", others.CertificateFile);
        await AssertRefusesAsync(server, "name it with --ca FILE");
    }

    [Fact]
    public async Task Insecure_accepts_any_certificate_and_warns()
    {
        await using var server = await OpensslAsync(_authority.IssueExpired("elsewhere.example"));

        var result = await ConnectAsync(server, "--insecure");

        Assert.Equal("cba\n", result.Text);
        Assert.StartsWith("warning: --insecure", result.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_pin_is_refused()
    {
        await using var server = await OpensslAsync(_authority.Issue("localhost"));

        await AssertRefusesAsync(server, "the pinned one (--pin)", "--pin", string.Join(':', Enumerable.Repeat("00", 32)));
    }

    [Fact]
    public async Task Client_certificate_is_sent()
    {
        var own = _authority.Issue("client");
        await using var server = await OpensslAsync(
            _authority.Issue("localhost"), "-Verify", "1", "-verify_return_error", "-CAfile", _authority.CertificateFile);

        var shown = await ConnectAsync(server, "--ca", _authority.CertificateFile, "--cert", own.Certificate, "--key", own.Key);
        Assert.Equal("cba\n", shown.Text);

        var without = await ConnectAsync(server, "--ca", _authority.CertificateFile);
        Assert.Equal(1, without.ExitCode);
        Assert.Contains(without.Errors, line => line.EndsWith("sent none that it accepts (--cert).", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_without_tls_is_named_as_such()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "echo 220 welcome; cat > /dev/null");

        var result = await ToolProcess.RunAsync(["connect", $"{server.EndPoint}", "--tls"], Line);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains("plain text", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handshake_that_is_not_answered_ends_in_time()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "cat > /dev/null");

        var result = await ToolProcess.RunAsync(["connect", $"{server.EndPoint}", "--tls", "--handshake-timeout", "300ms"], Line);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains("handshake", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v2")]
    public async Task Nginx_accepts_the_proxy_header_and_then_tls(string version)
    {
        Programs.SkipUnlessThere("nginx");
        await using var server = await NginxAsync(_authority.Issue("localhost"));

        var result = await ToolProcess.RunAsync(
            ["connect", $"localhost:{server.Port}", "--tls", "--ca", _authority.CertificateFile, "--send-proxy", version]);

        // The address and port that nginx reads from the header, and those that nginx sees.
        var fields = result.Text.Trim().Split(' ');
        Assert.Equal(fields[1], fields[0]);
        Assert.StartsWith("TLSv1.3", fields[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task Client_that_connects_again_resumes_the_tls_session(string version)
    {
        var files = _authority.Issue("localhost");
        await using var server = await Daemon.StartAsync(
            "openssl",
            port => ["s_server", "-accept", $"127.0.0.1:{port}", "-cert", files.Certificate, "-key", files.Key, "-www", version]);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(_authority.CertificateFile);
        var client = new SockeyeClient(options => options.UseTls(tls => tls.TrustedAuthorities = authorities));

        Assert.Contains("New, TLS", await StatusAsync(client, server), StringComparison.Ordinal);
        Assert.Contains("Reused, TLS", await StatusAsync(client, server), StringComparison.Ordinal);
    }

    /// <summary>The page on which openssl describes the connection.</summary>
    private static async Task<string> StatusAsync(SockeyeClient client, Daemon server)
    {
        await using var connection = await client.ConnectAsync("localhost", server.Port, TestContext.Current.CancellationToken);
        await connection.Transport.Output.WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), CancellationToken.None);
        using var page = new MemoryStream();
        await connection.Transport.Input.CopyToAsync(page, CancellationToken.None).WaitAsync(ToolProcess.DefaultTimeout);
        return Encoding.UTF8.GetString(page.ToArray());
    }

    private static async Task AssertRefusesAsync(Daemon server, string sentence, params string[] options)
    {
        var result = await ConnectAsync(server, options);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(sentence, StringComparison.Ordinal));
        Assert.Equal("", result.Text);
    }

    private static Task<ToolResult> ConnectAsync(Daemon server, params string[] options) =>
        ToolProcess.RunAsync(["connect", $"localhost:{server.Port}", "--tls", .. options], Line);

    /// <summary>Answers every line with the line reversed.</summary>
    private static Task<Daemon> OpensslAsync(CertificateFiles files, params string[] options) => Daemon.StartAsync(
        "openssl",
        port => ["s_server", "-accept", $"127.0.0.1:{port}", "-cert", files.Certificate, "-key", files.Key, "-rev", .. options]);

    private Task<Daemon> NginxAsync(CertificateFiles files)
    {
        string[] Arguments(int port)
        {
            var configuration = $$"""
                daemon off;
                master_process off;
                pid {{_authority.CertificateFile}}.pid;
                error_log stderr notice;
                load_module /usr/lib/nginx/modules/ngx_stream_module.so;
                events { }
                stream {
                    server {
                        listen 127.0.0.1:{{port}} ssl proxy_protocol;
                        ssl_certificate {{files.Certificate}};
                        ssl_certificate_key {{files.Key}};
                        ssl_protocols TLSv1.2 TLSv1.3;
                        return "$proxy_protocol_addr:$proxy_protocol_port $remote_addr:$remote_port $ssl_protocol\n";
                    }
                }
                """;
            return ["-c", _authority.Write("nginx.conf", configuration), "-e", "stderr"];
        }

        return Daemon.StartAsync("nginx", Arguments);
    }
}
