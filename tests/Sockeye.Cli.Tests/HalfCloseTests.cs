using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>One direction ends before the other, which continues until everything is delivered.</summary>
public sealed class HalfCloseTests : IDisposable
{
    private const int Size = 8_000_000;

    private readonly string _file = Path.GetTempFileName();
    private readonly byte[] _bytes = new byte[Size];

    public HalfCloseTests()
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("The pipelines are written for a POSIX shell.");
        new Random(7).NextBytes(_bytes);
        File.WriteAllBytes(_file, _bytes);
    }

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("exec \"$0\" \"$@\" < FILE")]
    [InlineData("cat FILE | \"$0\" \"$@\"")]
    [InlineData("cat FILE | \"$0\" \"$@\"", "-n", "3")]
    [InlineData("exec \"$0\" \"$@\" < FILE", "--engine", "epoll")]
    [InlineData("exec \"$0\" \"$@\" < FILE", "--engine", "auto")]
    public async Task Server_that_ends_its_side_first_gets_all_of_the_input(string shell, params string[] options)
    {
        using var server = new TestServer();
        await using var client = ToolProcess.StartUnder(
            shell.Replace("FILE", _file, StringComparison.Ordinal), ["connect", server.EndPoint, .. options]);
        List<Peer> peers = [];
        for (var i = 0; i < (options is ["-n", var count] ? int.Parse(count, null) : 1); i++)
            peers.Add(await server.AcceptAsync());
        foreach (var peer in peers)
        {
            await peer.SendAsync("bye");
            peer.SendFin();
        }

        foreach (var got in await Task.WhenAll(peers.Select(peer => peer.ReadBytesToEndAsync())))
            Assert.True(_bytes.AsSpan().SequenceEqual(got));
        peers.ForEach(peer => peer.Dispose());
        Assert.Equal(0, await client.ExitAsync());
        Assert.Equal(3 * peers.Count, (await client.ReadOutputAsync()).Length);
    }

    [Fact]
    public async Task Wait_for_silent_open_input_is_bounded()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.Start("connect", server.EndPoint);
        using var peer = await server.AcceptAsync();
        await client.Input.WriteAsync("question"u8.ToArray(), TestContext.Current.CancellationToken);
        await client.Input.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("question", await peer.ReadAsync(8));

        peer.SendFin();

        Assert.Equal("", await peer.ReadToEndAsync());
        Assert.Equal(0, await client.ExitAsync());
        Assert.Empty(client.SeenErrors);
    }

    [Theory]
    [InlineData("io_uring")]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task Client_that_ends_its_side_at_once_gets_all_of_the_input(string engine)
    {
        if (engine == "io_uring")
            await Programs.SkipUnlessIoUringAsync();
        else if (engine == "epoll")
            Programs.SkipUnlessLinux(engine);
        await using var server = await ToolProcess.ReadyAsync(ToolProcess.StartUnder(
            $"cat {_file} {_file} | \"$0\" \"$@\"", "listen", "127.0.0.1:0", "--once", "--engine", engine));
        using var client = await Peer.ConnectAsync(server.EndPoint);

        client.SendFin();

        var got = await client.ReadBytesToEndAsync();
        Assert.Equal(2 * Size, got.Length);
        Assert.True(_bytes.AsSpan().SequenceEqual(got.AsSpan(Size)));
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task One_direction_over_tls_continues_when_the_other_ends()
    {
        await using var server = await ToolProcess.ReadyAsync(ToolProcess.StartUnder(
            $"cat {_file} | \"$0\" \"$@\"", "listen", "127.0.0.1:0", "--once", "--tls", "self-signed"));
        var pin = (await server.WaitForErrorAsync("fingerprint: ")).Split(' ')[1];

        var client = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "--pin", pin]);

        Assert.Equal(0, client.ExitCode);
        Assert.True(_bytes.AsSpan().SequenceEqual(client.Output));
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Reset_after_the_fin_of_the_peer_is_reported_with_exit_1()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.StartUnder("yes 2>/dev/null | \"$0\" \"$@\"", "connect", server.EndPoint);
        using var peer = await server.AcceptAsync();
        await peer.SendAsync("bye");
        peer.SendFin();
        for (var i = 0; i < 3; i++)
            client.Output.ReadByte();

        peer.Reset();

        Assert.Equal(1, await client.ExitAsync());
        Assert.Equal(
            [
                $"sockeye: {server.EndPoint}: the peer reset the connection (RST).",
                "sockeye: standard input was not sent to its end.",
            ],
            client.SeenErrors);
    }

    [Fact]
    public async Task Stop_in_the_middle_of_the_input_resets_the_client_and_is_reported()
    {
        await using var server = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder("exec \"$0\" \"$@\" < /dev/zero", "listen", "127.0.0.1:0"));
        using var client = await Peer.ConnectAsync(server.EndPoint);
        Assert.Equal("\0", await client.ReadAsync(1));

        await server.SignalAsync("TERM");

        Assert.True(await client.EndsWithResetAsync());
        Assert.Equal(1, await server.ExitAsync());
        Assert.Equal("sockeye: standard input was not sent to its end.", server.SeenErrors[^1]);
    }

    [Fact]
    public async Task Command_that_ends_its_output_first_continues_to_read()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", $"echo first; exec >&-; cat > {_file}", "--once");
        using var client = await Peer.ConnectAsync(server.EndPoint);

        Assert.Equal("first\n", await client.ReadToEndAsync());
        await client.SendAsync("afterwards");
        client.SendFin();

        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal("afterwards", await File.ReadAllTextAsync(_file, TestContext.Current.CancellationToken));
    }
}
