using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye connect --proxy</c> through the HTTP proxy of ncat, and SOCKS 5.</summary>
public sealed class ConnectProxyTests : IDisposable
{
    private readonly AuthorityFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Http_proxy_with_a_password_connects(bool byName)
    {
        await using var proxy = await StartHttpProxyAsync("--proxy-auth", "me:secret");
        using var server = new TestServer();
        var target = byName ? server.EndPoint.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) : server.EndPoint;
        await using var client = ToolProcess.Start(
            "connect", target, "--proxy", $"http://127.0.0.1:{proxy.Port}", "--proxy-auth", _files.Write("pw", "me:secret\n"));
        using var peer = await server.AcceptAsync();
        await client.Input.WriteAsync("ask"u8.ToArray(), TestContext.Current.CancellationToken);
        await client.Input.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("ask", await peer.ReadAsync(3));
        await peer.SendAsync("answer");
        Assert.Equal('a', client.Output.ReadByte());
        peer.Dispose();

        Assert.Equal(0, await client.ExitAsync());
    }

    [Theory]
    [InlineData(null, "it requires a user and a password (--proxy-auth FILE).")]
    [InlineData("me:wrong", "it refused the user or the password (--proxy-auth).")]
    public async Task Refusal_of_an_http_proxy_is_one_sentence(string? credential, string why)
    {
        await using var proxy = await StartHttpProxyAsync("--proxy-auth", "me:secret");
        string[] auth = credential is null ? [] : ["--proxy-auth", _files.Write("pw", credential)];

        var result = await ToolProcess.RunAsync(
            ["connect", "127.0.0.1:2", "--proxy", $"http://127.0.0.1:{proxy.Port}", .. auth]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            [$"sockeye: no connection to 127.0.0.1:2 through the proxy 127.0.0.1:{proxy.Port}: {why}"], result.Errors);
    }

    [Fact]
    public async Task Tls_through_a_proxy_checks_the_name_of_the_server()
    {
        await using var proxy = await StartHttpProxyAsync();
        var files = _files.Issue("localhost");
        await using var server = await ToolProcess.ListenAsync("--echo", "--cert", files.Certificate, "--key", files.Key);

        var result = await ToolProcess.RunAsync(
        [
            "connect", $"localhost:{server.Port}", "--proxy", $"http://127.0.0.1:{proxy.Port}", "-z", "-v",
            "--tls", "--ca", _files.CertificateFile,
        ]);

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("open: ", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("05ff", "it requires a user and a password (--proxy-auth FILE).")]
    [InlineData("0500 05050001000000000000", "the server refused the connection.")]
    [InlineData("0500 05020001000000000000", "its rules do not allow the connection.")]
    [InlineData("4854", "it does not speak SOCKS 5.")]
    public async Task Refusal_of_a_socks_proxy_is_one_sentence(string answers, string why)
    {
        using var proxy = new TestServer();
        await using var client = ToolProcess.Start("connect", "example.invalid", "80", "--proxy", $"socks5://{proxy.EndPoint}");
        using var peer = await proxy.AcceptAsync();
        foreach (var answer in answers.Split(' '))
            await peer.Socket.SendAsync(Convert.FromHexString(answer), TestContext.Current.CancellationToken);

        Assert.Equal(1, await client.ExitAsync());
        Assert.EndsWith(why, Assert.Single(client.SeenErrors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "050100", "0500")]
    [InlineData("me:secret", "05020002 01026d6506736563726574", "0502 0100")]
    public async Task Socks_proxy_gets_the_name_and_the_password(string? credential, string asked, string answers)
    {
        using var proxy = new TestServer();
        string[] auth = credential is null ? [] : ["--proxy-auth", _files.Write("pw", credential)];
        await using var client = ToolProcess.Start(
            ["connect", "example.invalid", "80", "--proxy", $"socks5://{proxy.EndPoint}", .. auth]);
        using var peer = await proxy.AcceptAsync();
        foreach (var (question, answer) in asked.Split(' ').Zip(answers.Split(' ')))
        {
            Assert.Equal(question, await ReadHexAsync(peer, question.Length / 2));
            await peer.Socket.SendAsync(Convert.FromHexString(answer), TestContext.Current.CancellationToken);
        }

        Assert.Equal(
            "050100030f" + Convert.ToHexStringLower("example.invalid"u8) + "0050", await ReadHexAsync(peer, 22));
        // The address of the proxy is a name here, and the data of the server follows at once.
        await peer.Socket.SendAsync(
            (byte[])[5, 0, 0, 3, 1, (byte)'p', 0, 80, .. "data"u8], TestContext.Current.CancellationToken);
        peer.SendFin();

        Assert.Equal(0, await client.ExitAsync());
        Assert.Equal("data"u8.ToArray(), await client.ReadOutputAsync());
    }

    private static async Task<string> ReadHexAsync(Peer peer, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
            read += await peer.Socket.ReceiveAsync(bytes.AsMemory(read), TestContext.Current.CancellationToken);
        return Convert.ToHexStringLower(bytes);
    }

    private static Task<Daemon> StartHttpProxyAsync(params string[] options) =>
        Daemon.StartAsync("ncat", port => ["-l", "-k", "127.0.0.1", $"{port}", "--proxy-type", "http", .. options]);
}
