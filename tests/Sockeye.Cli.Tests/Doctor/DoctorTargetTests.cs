using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Doctor;

/// <summary><c>sockeye doctor TARGET</c> against real servers.</summary>
public sealed class DoctorTargetTests : IDisposable
{
    private readonly AuthorityFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Plain_server_has_an_address_a_round_trip_and_no_TLS()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var (findings, code) = await CheckAsync($"{server.EndPoint}", "--idle", "100ms");

        Assert.Equal(0, code);
        Assert.Matches("^connected in .* ms(, round trip .* ms)?$", findings.Of("address 127.0.0.1", "ok"));
        Assert.Equal("not needed", findings.Of("PROXY header", "ok"));
        Assert.Equal("no", findings.Of("TLS", "note"));
        Assert.Equal("open after 100 ms", findings.Of("idle", "ok"));
        if (OperatingSystem.IsLinux())
            Assert.EndsWith(" bytes", findings.Of("MSS", "ok"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_of_two_addresses_has_a_race_and_a_note_for_the_one_that_refuses()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var (findings, code) = await CheckAsync($"localhost:{server.Port}", "--idle", "100ms");

        Assert.Equal(0, code);
        findings.Of("address 127.0.0.1", "ok");
        if (findings.Find("address ::1") is null)
            return; // A machine without IPv6.
        Assert.StartsWith("not reached", findings.Of("address ::1", "note"), StringComparison.Ordinal);
        Assert.StartsWith($"127.0.0.1:{server.Port} in ", findings.Of("race", "ok"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own_TLS_server_has_versions_a_chain_and_an_expiry()
    {
        var issued = _files.Issue("127.0.0.1");
        await using var server = await ToolProcess.ListenAsync("--echo", "--cert", issued.Certificate, "--key", issued.Key);

        var (findings, code) = await CheckAsync($"{server.EndPoint}", "--ca", _files.CertificateFile, "--idle", "100ms");

        Assert.Equal(1, code); // The certificate of the test ends tomorrow.
        Assert.StartsWith("1.3, 1.2 (TLS 1.3, ", findings.Of("TLS", "ok"), StringComparison.Ordinal);
        Assert.Equal("CN=127.0.0.1", findings.Of("certificate", "ok"));
        Assert.Contains("CN=Test Authority", findings.ExplanationOf("certificate"), StringComparison.Ordinal);
        Assert.EndsWith("0 days left", findings.Of("expiry", "problem"), StringComparison.Ordinal);
        Assert.Equal("accepted", findings.Of("certificate check", "ok"));
    }

    [Fact]
    public async Task Certificate_that_has_ended_says_when()
    {
        var issued = _files.IssueExpired("127.0.0.1");
        await using var server = await ToolProcess.ListenAsync("--echo", "--cert", issued.Certificate, "--key", issued.Key);

        var (findings, code) = await CheckAsync($"{server.EndPoint}", "--ca", _files.CertificateFile, "--idle", "100ms");

        Assert.Equal(1, code);
        Assert.EndsWith(", 0 days ago", findings.Of("expiry", "problem"), StringComparison.Ordinal);
        Assert.Equal("refused", findings.Of("certificate check", "problem"));
        Assert.Contains("expired on", findings.ExplanationOf("certificate check"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authority_that_is_not_trusted_has_a_remedy_that_this_command_has()
    {
        var issued = _files.Issue("127.0.0.1");
        await using var server = await ToolProcess.ListenAsync("--echo", "--cert", issued.Certificate, "--key", issued.Key);

        var (findings, _) = await CheckAsync($"{server.EndPoint}", "--idle", "100ms");

        findings.Of("certificate check", "problem");
        var check = findings.ExplanationOf("certificate check");
        Assert.Contains("--ca FILE", check, StringComparison.Ordinal);
        Assert.DoesNotContain("--pin", check, StringComparison.Ordinal);
        Assert.Equal("For 127.0.0.1. Issued by CN=Test Authority.", findings.ExplanationOf("certificate"));
    }

    [Fact]
    public async Task Idle_time_of_a_TLS_server_begins_after_the_handshake()
    {
        var issued = _files.Issue("127.0.0.1");
        await using var server = await ToolProcess.ListenAsync(
            "--echo", "--cert", issued.Certificate, "--key", issued.Key, "--handshake-timeout", "5s");

        var (findings, _) = await CheckAsync($"{server.EndPoint}", "--ca", _files.CertificateFile, "--idle", "6s");

        Assert.Equal("open after 6 s", findings.Of("idle", "ok"));
    }

    [Fact]
    public async Task Server_that_refuses_further_connections_does_not_end_the_report()
    {
        using var server = new TestServer();
        var checking = CheckAsync(server.EndPoint, "--idle", "100ms");
        using var first = await server.AcceptAsync();
        server.Dispose();

        var (findings, code) = await checking;

        Assert.Equal(0, code);
        findings.Of("address 127.0.0.1", "ok");
        Assert.Null(findings.Find("PROXY header"));
        Assert.Equal("not checked", findings.Of("TLS", "note"));
        Assert.Equal("not checked", findings.Of("idle", "note"));
    }

    [Fact]
    public async Task Certificate_for_another_name_is_a_problem()
    {
        var issued = _files.Issue("other.example");
        await using var server = await ToolProcess.ListenAsync("--echo", "--cert", issued.Certificate, "--key", issued.Key);

        var (findings, code) = await CheckAsync($"{server.EndPoint}", "--ca", _files.CertificateFile, "--idle", "100ms");

        Assert.Equal(1, code);
        Assert.Equal("refused", findings.Of("certificate check", "problem"));
        Assert.Contains("other.example", findings.ExplanationOf("certificate check"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Openssl_with_ALPN_and_only_TLS_1_2_has_a_note()
    {
        var issued = _files.Issue("127.0.0.1");
        await using var server = await Daemon.StartAsync("openssl", port =>
        [
            "s_server", "-accept", $"127.0.0.1:{port}", "-cert", issued.Certificate, "-key", issued.Key, "-quiet", "-tls1_2",
            "-alpn", "http/1.1",
        ]);

        var (findings, _) = await CheckAsync($"127.0.0.1:{server.Port}", "--ca", _files.CertificateFile, "--idle", "100ms");

        Assert.StartsWith("1.2 (TLS 1.2, ", findings.Of("TLS", "note"), StringComparison.Ordinal);
        Assert.Equal("http/1.1", findings.Of("ALPN", "ok"));
    }

    [Fact]
    public async Task Server_that_refuses_a_client_without_a_certificate_after_the_handshake_says_so()
    {
        var issued = _files.Issue("127.0.0.1");
        await using var server = await Daemon.StartAsync("openssl", port =>
        [
            "s_server", "-accept", $"127.0.0.1:{port}", "-cert", issued.Certificate, "-key", issued.Key, "-quiet", "-tls1_3",
            "-Verify", "1",
        ]);

        var (findings, _) = await CheckAsync($"127.0.0.1:{server.Port}", "--ca", _files.CertificateFile, "--idle", "30s");

        Assert.StartsWith("refused after ", findings.Of("TLS client", "note"), StringComparison.Ordinal);
        Assert.Equal(
            "the server requires a client certificate, and this client sent none that it accepts (--cert of sockeye connect).",
            findings.ExplanationOf("TLS client"));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task HAProxy_that_accepts_only_PROXY_headers_is_found(bool hasTls)
    {
        var issued = _files.Issue("127.0.0.1");
        var pem = _files.Write("both.pem", File.ReadAllText(issued.Certificate) + "\n" + File.ReadAllText(issued.Key));
        await using var server = await ToolProcess.ListenAsync("--echo");
        await using var haproxy = await Daemon.StartAsync("haproxy", port =>
        [
            "-db", "-f", _files.Write("haproxy.cfg", $"""
                defaults
                    mode tcp
                    timeout connect 10s
                    timeout client 10s
                    timeout server 10s
                listen here
                    bind 127.0.0.1:{port} accept-proxy{(hasTls ? $" ssl crt {pem}" : "")}
                    server there 127.0.0.1:{server.Port}

                """),
        ]);

        var (findings, _) = await CheckAsync($"127.0.0.1:{haproxy.Port}", "--ca", _files.CertificateFile, "--idle", "100ms");

        Assert.Equal("required (v2, v1)", findings.Of("PROXY header", "note"));
        if (hasTls)
            Assert.StartsWith("1.3", findings.Of("TLS", "ok"), StringComparison.Ordinal);
        else
            Assert.Equal("no", findings.Of("TLS", "note")); // An echo.
        Assert.Equal("open after 100 ms", findings.Of("idle", "ok"));
    }

    [Fact]
    public async Task Server_that_closes_idle_connections_or_speaks_first_is_found()
    {
        using var server = new TestServer();
        var checking = CheckAsync(server.EndPoint, "--idle", "20s");
        using var first = await server.AcceptAsync();
        await first.SendAsync("hello from here\r\n");
        using var idle = await server.AcceptAsync();
        await idle.SendAsync("hello from here\r\n");
        idle.SendFin();

        var (findings, code) = await checking;

        Assert.Equal(0, code);
        Assert.Equal("hello from here", findings.Of("speaks first", "ok"));
        Assert.StartsWith("the server closes (FIN) after ", findings.Of("idle", "note"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_listens_is_a_problem_with_exit_1()
    {
        var server = await ToolProcess.ListenAsync("--echo");
        var target = $"{server.EndPoint}";
        await server.DisposeAsync();

        var (findings, code) = await CheckAsync(target);

        Assert.Equal(1, code);
        Assert.StartsWith("not reached", findings.Of("address 127.0.0.1", "problem"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { "doctor", "*:80" }, "means every address of this machine")]
    [InlineData(new[] { "doctor", "host:99999" }, "a port is at most 65535")]
    [InlineData(new[] { "doctor", "--idle", "5s" }, "--idle is about a target")]
    [InlineData(new[] { "doctor", "host:80", "--pid", "1" }, "exclude each other")]
    [InlineData(new[] { "doctor", "host:80", "--write", "file" }, "--write has the settings of this machine")]
    public async Task Wrong_use_names_the_option(string[] arguments, string expected)
    {
        var result = await ToolProcess.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(expected, StringComparison.Ordinal));
    }

    private static async Task<(DoctorFindings Findings, int Code)> CheckAsync(params string[] arguments)
    {
        var result = await ToolProcess.RunAsync(["doctor", .. arguments, "--json"]);
        return (new(JsonDocument.Parse(result.Text).RootElement.GetProperty("findings").Clone()), result.ExitCode);
    }
}
