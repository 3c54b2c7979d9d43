using System.Diagnostics;
using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye listen --tls</c> with other clients.</summary>
public sealed class ListenTlsTests : IDisposable
{
    /// <summary>Answers the first line and ends, for clients that wait for the end.</summary>
    private const string FirstLine = "head -n 1";

    private const string Http =
        """read -r request; printf 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n'""";

    private readonly AuthorityFiles _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("-tls1_3")]
    [InlineData("-tls1_2")]
    public async Task Openssl_exchanges_a_line(string version)
    {
        await using var server = await ListenAsync(_authority.Issue("localhost"), "--sh-exec", FirstLine);

        var result = await OpensslAsync(server, "hello\n", version, "-verify_return_error", "-verify_hostname", "localhost");

        Assert.Equal("hello\n", result.Text);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("-tls1_1")]
    [InlineData("-tls1")]
    public async Task Older_version_than_1_2_is_refused(string version)
    {
        await using var server = await ListenAsync(_authority.Issue("localhost"), "--sh-exec", FirstLine, "--verbose");

        var result = await OpensslAsync(server, "hello\n", version, "-cipher", "DEFAULT@SECLEVEL=0");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal("", result.Text);
        await server.WaitForErrorAsync("TLS");
    }

    [Fact]
    public async Task Client_without_tls_gets_an_error()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--tls", "self-signed");

        var client = await ToolProcess.RunAsync(["connect", server.EndPoints[0]], "plain text"u8.ToArray());

        Assert.Equal(1, client.ExitCode);
        Assert.Equal($"sockeye: {server.EndPoints[0]}: the peer reset the connection (RST).", client.Errors[0]);
    }

    [Fact]
    public async Task Curl_gets_a_page_and_the_certificate_by_the_name_it_asks_for()
    {
        var one = _authority.Issue("one.example");
        var two = _authority.Issue("two.example");
        await using var server = await ToolProcess.ListenAsync(
            "--cert", one.Certificate, "--key", one.Key, "--cert", two.Certificate, "--key", two.Key, "--sh-exec", Http);

        foreach (var name in (string[])["one.example", "two.example"])
        {
            var page = await Programs.ResultAsync("curl",
                ["-sS", "--cacert", _authority.CertificateFile, "--resolve", $"{name}:{server.Port}:127.0.0.1",
                    $"https://{name}:{server.Port}/"], []);
            Assert.Equal("hi\n", page.Text);
        }
    }

    [Fact]
    public async Task Curl_negotiates_a_protocol()
    {
        await using var server = await ListenAsync(_authority.Issue("localhost"), "--alpn", "h2,http/1.1", "--sh-exec", Http);

        var page = await Programs.ResultAsync("curl",
            ["-sSv", "--http1.1", "--cacert", _authority.CertificateFile, $"https://localhost:{server.Port}/"], []);

        Assert.Contains(page.Errors, line => line.Contains("server accepted http/1.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ncat_echoes_over_tls()
    {
        await using var server = await ListenAsync(_authority.Issue("localhost", "127.0.0.1"), "--echo");

        var echo = await Programs.RunAsync("ncat",
            ["--ssl-verify", "--ssl-trustfile", _authority.CertificateFile, "localhost", $"{server.Port}"],
            "hello\n"u8.ToArray());

        Assert.Equal("hello\n", Encoding.UTF8.GetString(echo));
    }

    [Fact]
    public async Task Own_certificate_is_pinned_by_the_fingerprint_that_was_printed()
    {
        await using var server = await ToolProcess.ListenAsync("--tls", "self-signed", "--echo");
        var line = await server.WaitForErrorAsync("fingerprint: ");
        var pin = line.Split(' ')[1];

        var result = await ToolProcess.RunAsync(
            ["connect", $"localhost:{server.Port}", "--tls", "--pin", pin], "hello"u8.ToArray());
        Assert.Equal("hello", result.Text);

        var unpinned = await ToolProcess.RunAsync(["connect", $"localhost:{server.Port}", "--tls"], "hello"u8.ToArray());
        Assert.Equal(1, unpinned.ExitCode);
        // The message states the fingerprint to pin.
        Assert.Contains(unpinned.Errors, error => error.Contains(pin, StringComparison.Ordinal));

        var openssl = await Programs.RunAsync(
            "/bin/sh", ["-c", $"openssl s_client -connect {server.EndPoint} | openssl x509 -noout -fingerprint -sha256"], []);
        Assert.Contains(pin, Encoding.UTF8.GetString(openssl), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Only_clients_with_a_certificate_of_the_authority_are_served()
    {
        using var others = new AuthorityFiles("Another Authority");
        var (known, stranger) = (_authority.Issue("client"), others.Issue("stranger"));
        await using var server = await ListenAsync(
            _authority.Issue("localhost"),
            "--require-client-cert", "--ca", _authority.CertificateFile, "--sh-exec", FirstLine, "--verbose");

        var served = await OpensslAsync(server, "hello\n", "-cert", known.Certificate, "-key", known.Key);
        Assert.Equal("hello\n", served.Text);

        var without = await OpensslAsync(server, "hello\n");
        Assert.Equal("", without.Text);
        await server.WaitForErrorAsync("certificate");

        var refused = await OpensslAsync(server, "hello\n", "-cert", stranger.Certificate, "-key", stranger.Key);
        Assert.Equal("", refused.Text);
        await server.WaitForErrorAsync("certificate");
    }

    [Fact]
    public async Task Plain_text_on_the_tls_port_is_refused_and_named_and_others_are_served()
    {
        await using var server = await ListenAsync(_authority.Issue("localhost"), "--sh-exec", FirstLine, "--verbose");

        var plain = await Programs.ResultAsync("curl", ["-sS", $"http://127.0.0.1:{server.Port}/"], []);

        Assert.NotEqual(0, plain.ExitCode);
        await server.WaitForErrorAsync("plain text");
        Assert.Equal("hello\n", (await OpensslAsync(server, "hello\n")).Text);
    }

    [Fact]
    public async Task Renegotiation_is_refused_and_others_are_served()
    {
        Programs.SkipUnlessThere("openssl");
        await using var server = await ListenAsync(_authority.Issue("localhost"), "--echo");
        using var openssl = Process.Start(new ProcessStartInfo(
            "openssl", ["s_client", "-connect", $"{server.EndPoint}", "-tls1_2", "-CAfile", _authority.CertificateFile])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = openssl.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        openssl.OutputDataReceived += (_, _) => { };
        openssl.BeginOutputReadLine();

        // A line with a single R asks s_client to renegotiate. The server's refusal ends it before anything else can be typed.
        await openssl.StandardInput.WriteAsync("R\n");
        await openssl.StandardInput.FlushAsync(TestContext.Current.CancellationToken);

        await openssl.WaitForExitAsync(CancellationToken.None).WaitAsync(ToolProcess.DefaultTimeout, CancellationToken.None);
        Assert.NotEqual(0, openssl.ExitCode);
        Assert.Contains("RENEGOTIATING", await errors, StringComparison.Ordinal);
        await AssertServesAsync(server);
    }

    [Fact]
    public async Task Certificate_whose_file_is_replaced_is_served_without_a_restart()
    {
        var first = _authority.Issue("localhost");
        await using var server = await ListenAsync(first, "--sh-exec", FirstLine, "--verbose");
        var before = await FingerprintAsync(server);

        var second = _authority.Issue("localhost");
        File.Copy(second.Key, first.Key, overwrite: true);
        File.Copy(second.Certificate, first.Certificate, overwrite: true);

        var started = TimeProvider.System.GetTimestamp();
        while (await FingerprintAsync(server) == before)
        {
            var waited = TimeProvider.System.GetElapsedTime(started);
            Assert.True(waited < ToolProcess.DefaultTimeout, "The old certificate is still served.");
        }
    }

    [Fact]
    public async Task Handshake_that_is_not_finished_in_time_is_ended()
    {
        await using var server = await ListenAsync(_authority.Issue("localhost"), "--echo", "--handshake-timeout", "300ms", "-v");
        using var silent = await Peer.ConnectAsync(server.EndPoint);

        await silent.EndsWithResetAsync();

        await server.WaitForErrorAsync("handshake");
    }

    private static async Task AssertServesAsync(ToolProcess server)
    {
        var echo = await ToolProcess.RunAsync(
            ["connect", $"localhost:{server.Port}", "--tls", "--insecure"], "still"u8.ToArray());
        Assert.Equal("still", echo.Text);
    }

    private static async Task<string> FingerprintAsync(ToolProcess server) => Encoding.UTF8.GetString(await Programs.RunAsync(
        "/bin/sh", ["-c", $"openssl s_client -connect {server.EndPoint} | openssl x509 -noout -fingerprint -sha256"], []));

    private static Task<ToolProcess> ListenAsync(CertificateFiles files, params string[] options) =>
        ToolProcess.ListenAsync(["--tls", "--cert", files.Certificate, "--key", files.Key, .. options]);

    /// <summary>Waits for the server's end, so that its standard input's end does not cut off the answer.</summary>
    private Task<ToolResult> OpensslAsync(ToolProcess server, string input, params string[] options) => Programs.ResultAsync(
        "openssl",
        ["s_client", "-connect", $"{server.EndPoint}", "-CAfile", _authority.CertificateFile, "-quiet", .. options],
        Encoding.UTF8.GetBytes(input));
}
