using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class ConnectTests
{
    private const string PythonServer = """
        import socket
        s = socket.create_server(("127.0.0.1", 0))
        print(s.getsockname()[1], flush=True)
        c, _ = s.accept()
        data = b""
        while True:
            more = c.recv(65536)
            if not more: break
            data += more
        c.sendall(data[::-1])
        c.close()
        """;

    private const string NodeServer = """
        const s = require("net").createServer({ allowHalfOpen: true }, c => {
          const all = [];
          c.on("data", d => all.push(d));
          c.on("end", () => { c.end(Buffer.concat(all).reverse()); s.close(); });
        });
        s.listen(0, "127.0.0.1", () => console.log(s.address().port));
        """;

    [Theory]
    [InlineData("python3", "-c", PythonServer)]
    [InlineData("node", "-e", NodeServer)]
    public async Task Answer_of_another_server_arrives_after_the_half_close(
        string program, string option, string code)
    {
        Programs.SkipUnlessThere(program);
        using var server = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, [option, code]) { RedirectStandardOutput = true })!;
        var port = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);

        var result = await ToolProcess.RunAsync(["connect", $"127.0.0.1:{port}"], "abcdef"u8.ToArray());

        Assert.Equal("fedcba", result.Text);
        Assert.Equal(0, result.ExitCode);
        await server.WaitForExitAsync(CancellationToken.None)
            .WaitAsync(ToolProcess.DefaultTimeout, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Fin_of_the_peer_ends_the_client_while_standard_input_is_still_open()
    {
        using var listener = Listening();
        await using var client = ToolProcess.Start("connect", $"{listener.LocalEndPoint}");
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await accepted.SendAsync("bye"u8.ToArray(), TestContext.Current.CancellationToken);

        accepted.Shutdown(SocketShutdown.Send);

        Assert.Equal(0, await client.ExitAsync());
        Assert.Equal("bye", Encoding.UTF8.GetString(await client.ReadOutputAsync()));
    }

    [Fact]
    public async Task Reset_is_one_sentence_and_exit_1()
    {
        using var listener = Listening();
        await using var client = ToolProcess.Start("connect", $"{listener.LocalEndPoint}");
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        await accepted.SendAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal('x', client.Output.ReadByte());

        accepted.Close(timeout: 0);

        Assert.Equal(1, await client.ExitAsync());
        Assert.Equal([$"sockeye: {listener.LocalEndPoint}: the peer reset the connection (RST)."], client.SeenErrors);
    }

    [Fact]
    public async Task Refusal_is_one_sentence_and_exit_1()
    {
        using var unused = Bound();

        var result = await ToolProcess.RunAsync(["connect", $"{unused.LocalEndPoint}"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal([$"sockeye: could not connect to {unused.LocalEndPoint}: refused (nothing listens there)."], result.Errors);
    }

    [Fact]
    public async Task Connect_fails_after_the_timeout_without_an_answer()
    {
        Programs.SkipUnlessLinux("an accept queue that drops what does not fit");
        // A backlog of 1 accepts two connections; the third handshake is not answered.
        using var full = Bound();
        full.Listen(1);
        using var one = await Peer.ConnectAsync(full.LocalEndPoint!);
        using var two = await Peer.ConnectAsync(full.LocalEndPoint!);

        var result = await ToolProcess.RunAsync(["connect", $"{full.LocalEndPoint}", "--timeout", "300ms"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("within 300 ms", Assert.Single(result.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_connects_once_the_server_is_there()
    {
        using var socket = Bound();
        await using var client = ToolProcess.Start("connect", $"{socket.LocalEndPoint}", "--retry");
        Assert.Contains("Attempt 1 failed", await client.NextErrorAsync(), StringComparison.Ordinal);

        socket.Listen();
        using var accepted = await socket.AcceptAsync(TestContext.Current.CancellationToken);
        await accepted.SendAsync("at last"u8.ToArray(), TestContext.Current.CancellationToken);
        accepted.Shutdown(SocketShutdown.Send);

        Assert.Equal(0, await client.ExitAsync());
        Assert.Equal("at last", Encoding.UTF8.GetString(await client.ReadOutputAsync()));
    }

    [Fact]
    public async Task N_sockets_each_get_all_of_standard_input()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await ToolProcess.RunAsync(["connect", server.EndPoints[0], "-n", "5"], "abc\n"u8.ToArray());

        Assert.Equal(string.Concat(Enumerable.Repeat("abc\n", 5)), result.Text);
        Assert.Equal(0, await server.StopAsync());
        Assert.Contains(server.SeenErrors, line => line.StartsWith("stopped: 5 connections", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Client_connects_from_the_local_endpoint()
    {
        using var listener = Listening();
        int port;
        using (var free = Bound())
            port = ((IPEndPoint)free.LocalEndPoint!).Port;
        await using var client = ToolProcess.Start("connect", $"{listener.LocalEndPoint}", "--local", $"127.0.0.1:{port}");

        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new IPEndPoint(IPAddress.Loopback, port), accepted.RemoteEndPoint);
    }

    [Fact]
    public async Task Closed_standard_output_ends_the_client_without_a_crash()
    {
        await using var server = await ToolProcess.ListenAsync("--sh-exec", "yes");
        await using var client = ToolProcess.StartUnder(
            "\"$0\" \"$@\" | head -1; exit ${PIPESTATUS[0]}", "connect", server.EndPoints[0]);

        Assert.Equal("y\n", Encoding.UTF8.GetString(await client.ReadOutputAsync()));
        Assert.Equal(0, await client.ExitAsync());
        Assert.Empty(client.SeenErrors);
    }

    [Fact]
    public async Task Ten_megabytes_are_echoed_between_two_tools()
    {
        var bytes = new byte[10_000_000];
        new Random(5).NextBytes(bytes);
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await ToolProcess.RunAsync(["connect", server.EndPoints[0]], bytes);

        Assert.Equal(0, result.ExitCode);
        Assert.True(bytes.AsSpan().SequenceEqual(result.Output));
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static Socket Listening()
    {
        var socket = Bound();
        socket.Listen();
        return socket;
    }
}
