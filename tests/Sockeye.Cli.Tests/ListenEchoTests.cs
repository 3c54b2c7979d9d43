using System.Net;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class ListenEchoTests
{
    [Fact]
    public async Task Ten_megabytes_come_back_intact_to_nc_after_its_half_close()
    {
        var bytes = new byte[10_000_000];
        new Random(1).NextBytes(bytes);
        await using var server = await ToolProcess.ListenAsync("--echo");

        var echo = await Programs.RunAsync("nc", ["-N", "127.0.0.1", $"{server.Port}"], bytes);

        Assert.True(bytes.AsSpan().SequenceEqual(echo));
    }

    [Fact]
    public async Task Five_hundred_clients_at_once_each_get_their_own_echo()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var clients = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Peer.ConnectAsync(server.EndPoint)));
        await Task.WhenAll(clients.Select(async (client, i) =>
        {
            var text = $"client {i}";
            await client.SendAsync(text);
            Assert.Equal(text, await client.ReadAsync(text.Length));
        }));
        foreach (var client in clients)
            client.Dispose();

        Assert.Equal(0, await server.StopAsync());
        Assert.Contains("stopped: 500 connections", string.Join('\n', server.SeenErrors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_closed_client_gets_the_rest_and_then_fin()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var client = await Peer.ConnectAsync(server.EndPoint);

        await client.SendAsync("all of it");
        client.SendFin();

        Assert.Equal("all of it", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Port_alone_listens_on_both_addresses_of_localhost_with_one_port()
    {
        if (!Socket.OSSupportsIPv6)
            Assert.Skip("This system has no IPv6.");
        await using var server = await ToolProcess.ListenOnAsync(["0"], "--echo");

        Assert.Equal([$"127.0.0.1:{server.Port}", $"[::1]:{server.Port}"], server.EndPoints);
        foreach (var endpoint in server.EndPoints)
        {
            using var client = await Peer.ConnectAsync(IPEndPoint.Parse(endpoint));
            await client.SendAsync("x");
            Assert.Equal("x", await client.ReadAsync(1));
        }
    }

    [Fact]
    public async Task Any_address_serves_ipv4_clients()
    {
        await using var server = await ToolProcess.ListenOnAsync(["*:0"], "--echo");
        using var client = await Peer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port));

        await client.SendAsync("x");

        Assert.Equal("x", await client.ReadAsync(1));
    }

    [Fact]
    public async Task Unix_socket_is_served_beside_tcp_and_its_file_is_removed_with_the_server()
    {
        Programs.SkipUnlessUnixSockets();
        var path = Path.Combine(Path.GetTempPath(), $"sockeye-cli-{Environment.ProcessId}.sock");
        await using var server = await ToolProcess.ListenOnAsync(["127.0.0.1:0", $"unix:{path}"], "--echo");
        Assert.Equal($"unix:{path}", server.EndPoints[1]);
        using var client = await Peer.ConnectAsync(new UnixDomainSocketEndPoint(path));

        await client.SendAsync("x");

        Assert.Equal("x", await client.ReadAsync(1));
        client.Dispose();
        Assert.Equal(0, await server.StopAsync());
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Unix_socket_that_cannot_be_is_an_error_and_on_a_system_without_them_wrong_use()
    {
        var hasThem = Socket.OSSupportsUnixDomainSockets;
        foreach (var (command, failure) in ((string, string)[])
            [("listen", "cannot listen on"), ("connect", "could not connect to")])
        {
            var result = await ToolProcess.RunAsync([command, "unix:/nonexistent/folder/socket"]);

            Assert.Equal(hasThem ? 1 : 2, result.ExitCode);
            Assert.StartsWith(
                hasThem
                    ? $"sockeye: {failure} /nonexistent/folder/socket: "
                    : "sockeye: \"unix:/nonexistent/folder/socket\" is not an endpoint: this system has no Unix sockets",
                result.Errors[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Abstract_name_is_served_and_has_no_file()
    {
        Programs.SkipUnlessLinux("abstract names");
        var name = $"@sockeye-cli-{Environment.ProcessId}";
        await using var server = await ToolProcess.ListenOnAsync([$"unix:{name}"], "--echo");
        Assert.Equal($"unix:{name}", server.EndPoints[0]);

        var client = await ToolProcess.RunAsync(["connect", $"unix:{name}"], "hi\n"u8.ToArray());

        Assert.Equal("hi\n", client.Text);
        Assert.False(File.Exists(name));
    }

    [Theory]
    [InlineData(107, null)]
    [InlineData(108, "the path is too long for this system: it has 108 bytes, and may have 107")]
    [InlineData(200, "the path is too long for this system: it has 200 bytes, and may have 107")]
    public async Task Path_of_a_Unix_socket_is_as_long_as_the_system_allows(int length, string? refusal)
    {
        Programs.SkipUnlessLinux("its length of a path");
        var start = Path.Combine(Path.GetTempPath(), $"sockeye-cli-{Environment.ProcessId}-é");
        var path = start + new string('x', length - System.Text.Encoding.UTF8.GetByteCount(start));
        if (refusal is null)
        {
            await using var server = await ToolProcess.ListenOnAsync([$"unix:{path}"], "--echo");
            Assert.True(File.Exists(path));
            Assert.Equal(0, await server.StopAsync());
            Assert.False(File.Exists(path));
            return;
        }

        var result = await ToolProcess.RunAsync(["listen", $"unix:{path}", "--echo"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(refusal, result.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_in_use_is_one_sentence_and_exit_1()
    {
        await using var first = await ToolProcess.ListenAsync("--echo");

        var second = await ToolProcess.RunAsync(["listen", first.EndPoints[0], "--echo"]);

        Assert.Equal(1, second.ExitCode);
        var sentence = Assert.Single(second.Errors);
        Assert.Contains($"{first.EndPoints[0]}: the port is already in use", sentence, StringComparison.Ordinal);
    }
}
