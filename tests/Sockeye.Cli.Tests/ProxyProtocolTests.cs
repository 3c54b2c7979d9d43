using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye listen --proxy-protocol</c> behind a real HAProxy, and with its own client.</summary>
public sealed class ProxyProtocolTests : IDisposable
{
    private const string ReportRemote = "echo \"$SOCKEYE_REMOTE\"";

    private readonly AuthorityFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("send-proxy")]
    [InlineData("send-proxy-v2")]
    [InlineData("send-proxy-v2 proxy-v2-options crc32c,unique-id")]
    public async Task Address_of_the_client_behind_haproxy_is_seen(string option)
    {
        await using var server = await ToolProcess.ListenAsync("--proxy-protocol", "127.0.0.0/8", "--sh-exec", ReportRemote);
        await using var proxy = await HaproxyAsync(server.Port, option);
        using var client = await Peer.ConnectAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, proxy.Port));

        Assert.Equal($"{client.Socket.LocalEndPoint}", await client.ReadLineAsync());
    }

    [Fact]
    public async Task Client_that_is_not_a_trusted_proxy_is_reset_and_named()
    {
        await using var server = await ToolProcess.ListenAsync("--proxy-protocol", "10.0.0.0/8", "--sh-exec", ReportRemote);

        Assert.True(await Peer.IsResetAsync(server.EndPoint));

        Assert.Contains("127.0.0.1", await server.WaitForErrorAsync("warning: "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_without_a_header_is_reset_and_others_are_served()
    {
        await using var server = await ToolProcess.ListenAsync("--proxy-protocol", "localhost", "--sh-exec", ReportRemote, "-v");
        using var plain = await Peer.ConnectAsync(server.EndPoint);

        await plain.SendAsync("GET / HTTP/1.1\r\n\r\n");

        Assert.True(await plain.EndsWithResetAsync());
        await server.WaitForErrorAsync("PROXY");
        foreach (var version in (string[])["v1", "v2"])
        {
            var result = await ToolProcess.RunAsync(["connect", $"{server.EndPoint}", "--send-proxy", version]);
            Assert.StartsWith("127.0.0.1:", result.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Path_that_a_client_chose_is_escaped_in_the_log()
    {
        await using var server = await ToolProcess.ListenAsync(
            "--proxy-protocol", "localhost", "--sh-exec", "echo \"$SOCKEYE_REMOTE\"; cat", "-v");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        var path = "/x\r\nwarning: forged\u001b[2J\u009b"u8;
        byte[] fields = [.. path, .. new byte[108 - path.Length], .. new byte[108]];

        await client.Socket.SendAsync((byte[])[.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x31, 0, 216, .. fields]);
        client.SendFin();

        const string Shown = "unix:/x\\x0D\\x0Awarning: forged\\x1B[2J\\x9B";
        Assert.Equal(Shown + "\n", await client.ReadToEndAsync());
        var line = await server.WaitForErrorAsync("forged");
        Assert.Contains(Shown["unix:".Length..], line, StringComparison.Ordinal);
        Assert.DoesNotContain(line, char.IsControl);
    }

    private Task<Daemon> HaproxyAsync(int server, string option) => Daemon.StartAsync("haproxy", port =>
    [
        "-db", "-f", _files.Write("haproxy.cfg", $"""
            defaults
                mode tcp
                timeout connect 5s
                timeout client 30s
                timeout server 30s
            frontend clients
                bind 127.0.0.1:{port}
                unique-id-format %{"{+X}"}o\ %ci:%cp
                default_backend servers
            backend servers
                server one 127.0.0.1:{server} {option}

            """),
    ]);
}
