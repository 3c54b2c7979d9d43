using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Bench;

/// <summary>The connections of <c>sockeye bench</c>: their targets, sources, lifetimes and TLS.</summary>
public sealed class BenchConnectionTests : IDisposable
{
    private readonly AuthorityFiles _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Connections_are_spread_over_targets_and_local_addresses()
    {
        Programs.SkipUnlessLinux("all of 127.0.0.0/8");
        await using var one = await EchoServer.StartAsync();
        await using var other = await EchoServer.StartAsync();

        var result = await RunAsync(
            $"{one.EndPoint}", $"{other.EndPoint}", "-c", "6", "--source", "127.0.0.0/29", "--count", "60");

        Assert.Equal([$"{one.EndPoint}", $"{other.EndPoint}"], result.GetProperty("targets").Deserialize<string[]>()!);
        Assert.Equal((60, 0), (result.GetProperty("answers").GetInt32(), result.GetProperty("errors").GetInt32()));
        Assert.Equal(["127.0.0.1", "127.0.0.3", "127.0.0.5"], one.Clients.Select(client => $"{client.Address}").Order());
        Assert.Equal(["127.0.0.2", "127.0.0.4", "127.0.0.6"], other.Clients.Select(client => $"{client.Address}").Order());
    }

    [Fact]
    public async Task Unix_socket_is_a_target_whose_process_is_found()
    {
        Programs.SkipUnlessUnixSockets();
        var path = Path.Combine(_authority.Folder, "s");
        await using var server = await ToolProcess.ListenOnAsync([$"unix:{path}"], "--echo");

        var result = await RunAsync($"unix:{path}", "--count", "100");

        Assert.Equal((100, 0), (result.GetProperty("answers").GetInt32(), result.GetProperty("errors").GetInt32()));
        if (OperatingSystem.IsLinux())
            Assert.Equal([server.Id], result.GetProperty("server").GetProperty("process_ids").Deserialize<int[]>()!);
    }

    /// <summary>The lifetime of a millisecond is over before the load begins.</summary>
    [Theory, InlineData("1ms"), InlineData("100ms")]
    public async Task Connections_are_replaced_after_their_lifetime(string lifetime)
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await RunAsync($"{server.EndPoint}", "-c", "2", "--lifetime", lifetime, "--duration", "2s");

        Assert.InRange(result.GetProperty("connect_ms").GetProperty("count").GetInt32(), 6, 10_000);
        Assert.Equal(0, result.GetProperty("errors").GetInt32());
        Assert.True(result.GetProperty("answers").GetInt32() > 0);
    }

    [Fact]
    public async Task Requests_of_a_burst_start_together()
    {
        await using var server = await EchoServer.StartAsync(delay: TimeSpan.FromMilliseconds(10));

        var result = await RunAsync($"{server.EndPoint}", "-c", "1", "--rate", "20", "--burst", "10", "--duration", "1s");

        // The last of ten waits for nine answers.
        Assert.True(result.GetProperty("latency_ms").GetProperty("max").GetDouble() >= 90);
        Assert.True(result.GetProperty("latency_ms").GetProperty("p50").GetDouble() >= 40);
        Assert.InRange(result.GetProperty("latency_ms").GetProperty("count").GetInt32(), 20, 30);
    }

    [Theory]
    [InlineData("", 0), InlineData("--cert", 1), InlineData("--sni", 1), InlineData("--alpn", 1)]
    public async Task Server_name_protocol_and_certificate_are_those_that_the_server_requires(string missing, int exitCode)
    {
        var files = _authority.Issue("elsewhere.example");
        var own = _authority.Issue("client.example");
        await using var server = await ToolProcess.ListenAsync(
            "--echo", "--cert", files.Certificate, "--key", files.Key, "--alpn", "one,two", "--require-client-cert",
            "--ca", _authority.CertificateFile);
        string[][] options =
        [
            missing is "--cert" ? [] : ["--cert", own.Certificate, "--key", own.Key],
            missing is "--sni" ? [] : ["--sni", "elsewhere.example"],
            ["--alpn", missing is "--alpn" ? "three" : "two"],
        ];

        var result = await ToolProcess.RunAsync(
        [
            "bench", $"localhost:{server.Port}", "-c", "2", "--count", "20", "--tls", "--ca", _authority.CertificateFile,
            .. options.SelectMany(option => option),
        ]);

        Assert.Equal(exitCode, result.ExitCode);
        if (exitCode == 0)
            Assert.Contains("(20 answers)", result.Text, StringComparison.Ordinal);
    }

    /// <summary>The page of openssl says whether the session of its connection was resumed.</summary>
    [Theory, InlineData("Reused", false), InlineData("New", true)]
    public async Task Sessions_are_resumed_unless_that_is_turned_off(string expected, bool isFull)
    {
        var files = _authority.Issue("localhost");
        await using var server = await Daemon.StartAsync(
            "openssl",
            port => ["s_server", "-accept", $"127.0.0.1:{port}", "-cert", files.Certificate, "-key", files.Key, "-www"]);

        var result = await RunAsync(
        [
            $"localhost:{server.Port}", "-c", "1", "--count", "10", "--requests-per-connection", "1", "--tls",
            "--ca", _authority.CertificateFile, "--send", "GET / HTTP/1.0\\r\\n\\r\\n",
            "--answer", $"regex:{expected}, TLS[^<]*</pre></BODY></HTML>\\r\\n\\r\\n",
            .. isFull ? (string[])["--no-resumption"] : [],
        ]);

        // The first connection has no session to resume.
        Assert.InRange(result.GetProperty("answers").GetInt32(), isFull ? 10 : 8, 10);
    }

    private static async Task<JsonElement> RunAsync(params string[] arguments)
    {
        var result = await ToolProcess.RunAsync(["bench", .. arguments, "--json"]);
        Assert.True(result.ExitCode == 0, string.Join('\n', result.Errors));
        using var document = JsonDocument.Parse(result.Text);
        return document.RootElement.Clone();
    }
}
