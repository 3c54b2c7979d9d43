using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class ListenExecTests
{
    private const string HttpServer = """
        read -r request
        while read -r header; do [ "$header" = "$(printf '\r')" ] && break; done
        body="you are $SOCKEYE_REMOTE at $SOCKEYE_LOCAL"
        printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body"
        """;

    public ListenExecTests()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("The commands are written for /bin/sh.");
    }

    [Fact]
    public async Task Shell_script_serves_curl()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", HttpServer);

        var page = await Programs.RunAsync("curl", ["-s", "--max-time", "30", $"http://{server.EndPoints[0]}/"], []);

        Assert.Matches($@"^you are 127\.0\.0\.1:\d+ at 127\.0\.0\.1:{server.Port}$", Encoding.UTF8.GetString(page));
    }

    [Fact]
    public async Task Fin_of_the_client_is_the_end_of_standard_input_and_the_end_of_the_command_is_fin()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "wc -c");
        using var client = await Peer.ConnectAsync(server.EndPoint);

        await client.SendAsync("12345");
        client.SendFin();

        Assert.Equal("5", (await client.ReadToEndAsync()).Trim());
    }

    [Fact]
    public async Task Command_that_only_reads_gets_everything_before_the_connection_ends()
    {
        var path = Path.Combine(Path.GetTempPath(), $"sockeye-cli-upload-{Environment.ProcessId}");
        await using var server = await ToolProcess.ListenAsync("--sh-exec", $"cat > {path}");
        var bytes = new byte[3_000_000];
        new Random(2).NextBytes(bytes);

        var result = await ToolProcess.RunAsync(["connect", server.EndPoints[0]], bytes);

        Assert.Equal(0, result.ExitCode);
        var uploaded = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        Assert.True(bytes.AsSpan().SequenceEqual(uploaded));
        File.Delete(path);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Command_that_reads_slowly_gets_everything_after_the_connection_has_ended(bool stops)
    {
        var path = Path.Combine(Path.GetTempPath(), $"sockeye-cli-slow-{Environment.ProcessId}-{stops}");
        string[] once = stops ? [] : ["--once"];
        // The pipe holds the rest while the connection ends.
        await using var server = await ToolProcess.ListenAsync(
            ["--sh-exec", $"exec >&-; read -r first; sleep 0.5; cat > {path}", .. once]);
        using var client = await Peer.ConnectAsync(server.EndPoint);

        Assert.Equal("", await client.ReadToEndAsync());
        await client.SendAsync("first\n" + new string('x', 30_000));
        client.SendFin();

        Assert.Equal(0, stops ? await server.StopAsync() : await server.ExitAsync());
        Assert.Equal(30_000, new FileInfo(path).Length);
        File.Delete(path);
    }

    [Fact]
    public async Task Each_client_has_a_separate_process()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "read -r line; echo \"$$ $line\"");
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Peer.ConnectAsync(server.EndPoint)));

        var answers = await Task.WhenAll(clients.Select(async (client, i) =>
        {
            await client.SendAsync($"{i}\n");
            return (await client.ReadToEndAsync()).Trim();
        }));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), answers.Select(a => a.Split(' ')[1]));
        Assert.Equal(20, answers.Select(a => a.Split(' ')[0]).Distinct().Count());
    }

    [Fact]
    public async Task Command_is_killed_after_its_client_has_disconnected()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "echo $$; exec sleep 300", "--verbose");
        var client = await Peer.ConnectAsync(server.EndPoint);
        var id = await client.ReadLineAsync();

        client.Reset();

        await server.WaitForErrorAsync("the peer reset the connection (RST)");
        Assert.False(Directory.Exists($"/proc/{id}"));
    }

    [Fact]
    public async Task Stop_ends_a_command_that_does_not_end_by_itself()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "echo $$; exec sleep 300");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        var id = await client.ReadLineAsync();

        Assert.Equal(0, await server.StopAsync());

        Assert.False(Directory.Exists($"/proc/{id}"));
        Assert.Contains(server.SeenErrors, line => line.EndsWith("0 drained, 1 aborted", StringComparison.Ordinal));
    }
}
