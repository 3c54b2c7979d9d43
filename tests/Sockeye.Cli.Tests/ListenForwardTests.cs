using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye listen --to</c>.</summary>
public sealed class ListenForwardTests : IDisposable
{
    private readonly AuthorityFiles _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Half_close_passes_in_both_directions()
    {
        using var server = new TestServer();
        await using var relay = await ToolProcess.ListenAsync("--to", server.EndPoint);
        using var client = await Peer.ConnectAsync(relay.EndPoint);
        using var peer = await server.AcceptAsync();

        await client.SendAsync("question");
        client.SendFin();
        Assert.Equal("question", await peer.ReadToEndAsync());
        await peer.SendAsync("answer after the end");
        peer.SendFin();

        Assert.Equal("answer after the end", await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Either_side_may_be_tls(bool near, bool far)
    {
        var files = _authority.Issue("localhost");
        string[] tls = ["--cert", files.Certificate, "--key", files.Key];
        await using var server = await ToolProcess.ListenAsync(["--echo", .. far ? tls : []]);
        await using var relay = await ToolProcess.ListenAsync(
        [
            "--to", $"localhost:{server.Port}",
            .. far ? ["--to-tls", "--to-ca", _authority.CertificateFile] : Array.Empty<string>(), .. near ? tls : [],
        ]);
        var bytes = new byte[3_000_000];
        new Random(8).NextBytes(bytes);

        string[] trust = near ? ["--tls", "--ca", _authority.CertificateFile] : [];
        var result = await ToolProcess.RunAsync(["connect", $"localhost:{relay.Port}", .. trust], bytes);

        Assert.Equal(0, result.ExitCode);
        Assert.True(bytes.AsSpan().SequenceEqual(result.Output));
    }

    [Fact]
    public async Task Server_that_cannot_be_reached_resets_the_client_with_a_warning()
    {
        await using var relay = await ToolProcess.ListenAsync("--to", "127.0.0.1:2");

        Assert.True(await Peer.IsResetAsync(relay.EndPoint));
        Assert.Contains(
            "could not connect to 127.0.0.1:2: refused", await relay.WaitForErrorAsync("warning: "),
            StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Certificate_that_is_refused_names_the_option_of_the_far_side()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--tls", "self-signed");
        await using var relay = await ToolProcess.ListenAsync("--to", server.EndPoints[0], "--to-tls");

        Assert.True(await Peer.IsResetAsync(relay.EndPoint));
        Assert.Contains("(--to-pin)", await relay.WaitForErrorAsync("warning: "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_of_the_server_reaches_the_client()
    {
        using var server = new TestServer();
        await using var relay = await ToolProcess.ListenAsync("--to", server.EndPoint);
        using var client = await Peer.ConnectAsync(relay.EndPoint);
        using var peer = await server.AcceptAsync();
        await client.SendAsync("x");
        Assert.Equal("x", await peer.ReadAsync(1));

        peer.Reset();

        Assert.True(await client.EndsWithResetAsync());
        Assert.Contains("the peer reset the connection", await relay.WaitForErrorAsync("warning: "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_ends_a_relay_that_is_silent()
    {
        using var server = new TestServer();
        await using var relay = await ToolProcess.ListenAsync("--to", server.EndPoint);
        using var client = await Peer.ConnectAsync(relay.EndPoint);
        using var peer = await server.AcceptAsync();

        await relay.SignalAsync("TERM");

        Assert.True(await client.EndsWithResetAsync());
        Assert.Equal(0, await relay.ExitAsync());
    }

    [Fact]
    public async Task Broker_sends_the_bytes_of_each_client_to_all_others()
    {
        await using var broker = await ToolProcess.ListenAsync("--broker");
        using var one = await Peer.ConnectAsync(broker.EndPoint);
        using var two = await Peer.ConnectAsync(broker.EndPoint);
        using var three = await Peer.ConnectAsync(broker.EndPoint);
        // What is sent before a client is in does not reach it.
        while (two.Socket.Available == 0 || three.Socket.Available == 0)
            await one.SendAsync(".");

        await one.SendAsync("all");

        Assert.EndsWith(".all", await ReadUntilAsync(two, "all"), StringComparison.Ordinal);
        Assert.EndsWith(".all", await ReadUntilAsync(three, "all"), StringComparison.Ordinal);
        await two.SendAsync("back");
        Assert.Equal(("back", "back"), (await one.ReadAsync(4), await three.ReadAsync(4)));
        two.SendFin();
        Assert.Equal("", await two.ReadToEndAsync());
    }

    private static async Task<string> ReadUntilAsync(Peer peer, string end)
    {
        var text = "";
        while (!text.EndsWith(end, StringComparison.Ordinal))
        {
            var next = await peer.ReadAsync(1);
            Assert.NotEmpty(next);
            text += next;
        }

        return text;
    }
}
