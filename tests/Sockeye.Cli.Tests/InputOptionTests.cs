using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>--send-only</c>, <c>--recv-only</c>, <c>-q</c>, <c>--no-shutdown</c>, <c>--crlf</c> and <c>--once</c>.</summary>
public sealed class InputOptionTests
{
    [Fact]
    public async Task Send_only_ends_after_the_input_and_prints_nothing()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.Start("connect", server.EndPoint, "--send-only");
        using var peer = await server.AcceptAsync();
        await peer.SendAsync("not wanted");
        await client.WriteInputAsync("all of it"u8.ToArray());

        Assert.Equal("all of it", await peer.ReadToEndAsync());
        Assert.Equal(0, await client.ExitAsync());
        Assert.Empty(await client.ReadOutputAsync());
    }

    [Fact]
    public async Task Receive_only_leaves_the_input_and_ends_with_the_peer()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.Start("connect", server.EndPoint, "--recv-only");
        using var peer = await server.AcceptAsync();
        await client.WriteInputAsync("not sent"u8.ToArray());
        await peer.SendAsync("printed");
        peer.SendFin();

        Assert.Equal("", await peer.ReadToEndAsync());
        Assert.Equal(0, await client.ExitAsync());
        Assert.Equal("printed", Encoding.UTF8.GetString(await client.ReadOutputAsync()));
    }

    [Theory]
    [InlineData("</dev/null")]
    [InlineData("<&-")]
    public async Task Receive_only_works_without_any_input(string redirection)
    {
        using var server = new TestServer();
        await using var client = ToolProcess.StartUnder($"exec \"$0\" \"$@\" {redirection}", "connect", server.EndPoint, "-d");
        using var peer = await server.AcceptAsync();
        await peer.SendAsync("one");
        Assert.Equal('o', client.Output.ReadByte());
        // A FIN of the client would be here by now: it is sent before a byte is printed, if at all.
        Assert.False(peer.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead));
        peer.SendFin();

        Assert.Equal(0, await client.ExitAsync());
    }

    [Fact]
    public async Task Quit_ends_the_client_after_the_input_although_the_peer_stays()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.Start("connect", server.EndPoint, "-q", "0");
        using var peer = await server.AcceptAsync();
        await client.WriteInputAsync("hello"u8.ToArray());

        Assert.Equal("hello", await peer.ReadToEndAsync());
        Assert.Equal(0, await client.ExitAsync());
        Assert.Empty(client.SeenErrors);
    }

    [Fact]
    public async Task Quit_stops_the_server_after_the_input()
    {
        await using var server = await ToolProcess.ListenAsync("-q", "0");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        await server.WriteInputAsync("bye"u8.ToArray());

        Assert.Equal("bye", await client.ReadToEndAsync());
        client.SendFin();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Without_shutdown_the_end_of_the_input_sends_no_fin()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.Start("connect", server.EndPoint, "--no-shutdown", "--quit-after", "24h");
        using var peer = await server.AcceptAsync();
        await client.WriteInputAsync("ask"u8.ToArray());
        Assert.Equal("ask", await peer.ReadAsync(3));
        await peer.SendAsync("answer");
        Assert.Equal('a', client.Output.ReadByte());

        Assert.False(peer.Socket.Poll(0, System.Net.Sockets.SelectMode.SelectRead));
        peer.SendFin();
        Assert.Equal(0, await client.ExitAsync());
    }

    [Fact]
    public async Task Crlf_replaces_each_lf_that_has_no_cr()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.Start("connect", server.EndPoint, "-C", "--send-only");
        using var peer = await server.AcceptAsync();
        await client.WriteInputAsync("a\nb\r\n\n\rc\n"u8.ToArray());

        Assert.Equal("a\r\nb\r\n\r\n\rc\r\n", await peer.ReadToEndAsync());
        Assert.Equal(0, await client.ExitAsync());
    }

    [Theory]
    [InlineData("\r", "\n")]
    [InlineData("a\r", "\nb\n")]
    [InlineData("", "\n")]
    public void Crlf_is_the_same_however_the_input_is_split(string first, string second)
    {
        var encoder = new CrlfEncoder();
        var split = Encode(encoder, first) + Encode(encoder, second);

        Assert.Equal(Encode(new(), first + second), split);
    }

    [Fact]
    public async Task Once_sends_a_pipe_to_its_end_after_the_fin_of_the_client()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The pipe is made by a shell.");
        using var gate = new AuthorityFiles();
        var fifo = Path.Combine(gate.Folder, "gate");
        // The first part comes at once, the second when the test says so. Silence of more than 5 s ends a pipe elsewhere.
        await using var server = await ToolProcess.ReadyAsync(ToolProcess.StartUnder(
            $"mkfifo {fifo}; {{ echo one; cat {fifo}; sleep 6; echo two; }} | \"$0\" \"$@\"", "listen", "127.0.0.1:0", "--once"));
        using var client = await Peer.ConnectAsync(server.EndPoint);
        client.SendFin();
        Assert.Equal("one\n", await client.ReadAsync(4));
        await File.WriteAllTextAsync(fifo, "gate\n", TestContext.Current.CancellationToken);

        Assert.Equal("gate\ntwo\n", await client.ReadToEndAsync());
        Assert.Equal(0, await server.ExitAsync());
    }

    private static string Encode(CrlfEncoder encoder, string text) =>
        Encoding.ASCII.GetString(System.Buffers.BuffersExtensions.ToArray(encoder.Encode(new(Encoding.ASCII.GetBytes(text)))));
}
