using System.Text.RegularExpressions;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>The page of <c>--admin</c>, requested by curl.</summary>
public sealed partial class AdminTests
{
    [Fact]
    public async Task Page_shows_connections_and_closes_one_for_curl()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--admin", "127.0.0.1:0");
        var url = (await server.WaitForErrorAsync("admin page: ")).Split(": ", 2)[1];
        Assert.StartsWith("http://127.0.0.1:", url, StringComparison.Ordinal);
        using var peer = await Peer.ConnectAsync(server.EndPoint);
        await peer.SendAsync("seen");
        Assert.Equal("seen", await peer.ReadAsync(4));

        var connections = await CurlAsync($"{url}api/connections");
        Assert.Contains($"\"remote\":\"{peer.Socket.LocalEndPoint}\"", connections, StringComparison.Ordinal);
        var id = Id().Match(connections).Groups[1].Value;
        var token = Token().Match(await CurlAsync(url)).Groups[1].Value;
        Assert.Equal("{\"closed\":true}", await CurlAsync(
            $"{url}api/close", "--header", $"Authorization: Bearer {token}", "--header", $"Origin: {url.TrimEnd('/')}",
            "--header", "Content-Type: application/json", "--data", $"{{\"id\":\"{id}\",\"reason\":\"by curl\"}}"));
        Assert.True(await peer.EndsWithResetAsync());
        Assert.Equal(0, await server.StopAsync());
        Assert.Contains(server.SeenErrors, line => line.Contains("closed on the admin page: by curl", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("*:7001", "is not a loopback address")]
    [InlineData("10.0.0.1:7001", "is not a loopback address")]
    [InlineData("host.example:7001", "is not a loopback address")]
    [InlineData("unix:/tmp/admin", "is not a loopback address")]
    [InlineData("70000", "a port is at most 65535")]
    public async Task Address_other_than_loopback_is_wrong_use(string address, string message)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal))
            Programs.SkipUnlessUnixSockets();
        var result = await ToolProcess.RunAsync(["listen", "127.0.0.1:0", "--echo", "--admin", address]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Port_in_use_is_reported_and_the_server_does_not_start()
    {
        await using var taken = await ToolProcess.ListenAsync("--echo");
        var result = await ToolProcess.RunAsync(
            ["listen", "127.0.0.1:0", "--echo", "--admin", $"127.0.0.1:{taken.Port}"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains($"127.0.0.1:{taken.Port}", StringComparison.Ordinal));
    }

    private static async Task<string> CurlAsync(string url, params string[] options)
    {
        var result = await Programs.ResultAsync("curl", ["--silent", "--show-error", "--fail", .. options, url], []);
        Assert.True(result.ExitCode == 0, string.Join('\n', result.Errors));
        return result.Text;
    }

    [GeneratedRegex("\"id\":\"([^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex("name=\"token\" content=\"([^\"]+)\"")]
    private static partial Regex Token();
}
