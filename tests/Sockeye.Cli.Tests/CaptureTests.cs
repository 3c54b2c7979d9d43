using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>--capture FILE</c>, read by tshark.</summary>
public sealed class CaptureTests : IDisposable
{
    private readonly AuthorityFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Http_over_tls_is_dissected_from_the_servers_capture_and_from_the_clients()
    {
        Programs.SkipUnlessThere("tshark");
        var (server, client) = (Path.Combine(_files.Folder, "server.pcapng"), Path.Combine(_files.Folder, "client.pcapng"));
        var certificate = _files.Issue("localhost");
        await using var listening = await ToolProcess.ListenAsync(
            "--cert", certificate.Certificate, "--key", certificate.Key, "--capture", server,
            "--sh-exec", """read -r request; printf 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n'""");

        var result = await ToolProcess.RunAsync(
            ["connect", $"localhost:{listening.Port}", "--tls", "--ca", _files.CertificateFile, "--capture", client],
            "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        Assert.EndsWith("hi\n", result.Text, StringComparison.Ordinal);
        Assert.Contains(result.Errors, line => line.StartsWith("captured: ", StringComparison.Ordinal));
        await listening.StopAsync();

        foreach (var file in (string[])[server, client])
        {
            var seen = await TsharkAsync(file, "-T", "fields", "-e", "http.request.uri", "-e", "http.response.code");
            Assert.Contains("/page", seen, StringComparison.Ordinal);
            Assert.Contains("200", seen, StringComparison.Ordinal);
            Assert.Equal("", await TsharkAsync(file, "-Y", "_ws.malformed || tcp.analysis.flags"));
            var addresses = await TsharkAsync(file, "-T", "fields", "-e", "ip.src", "-e", "ip.dst", "-e", "tcp.dstport");
            Assert.Contains($"127.0.0.1\t127.0.0.1\t{listening.Port}", addresses, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Existing_file_is_not_overwritten()
    {
        var file = _files.Write("old.pcapng", "precious");

        var result = await ToolProcess.RunAsync(["listen", "127.0.0.1:0", "--echo", "--capture", file]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(file, StringComparison.Ordinal));
        Assert.Equal("precious", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    /// <summary>tshark does not know the port as one of HTTP.</summary>
    private static async Task<string> TsharkAsync(string file, params string[] options)
    {
        var result = await Programs.ResultAsync("tshark", ["-r", file, .. options], []);
        Assert.Equal(0, result.ExitCode);
        return result.Text;
    }
}
