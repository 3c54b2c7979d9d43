using System.Net;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>The limits of <c>sockeye listen</c>: addresses, number, rate and bandwidth.</summary>
public sealed class ListenProtectionTests
{
    private static readonly TimeProvider Time = TimeProvider.System;

    [Theory]
    [InlineData("--deny", "127.0.0.2")]
    [InlineData("--allow", "127.0.0.1")]
    [InlineData("--deny", "127.0.0.0/8", "--allow", "127.0.0.1")]
    public async Task Client_with_a_denied_address_is_reset_and_named_and_others_are_served(params string[] options)
    {
        await using var server = await ToolProcess.ListenAsync(["--echo", .. options]);

        Assert.True(await IsResetAsync(server, from: "127.0.0.2"));

        Assert.Contains("127.0.0.2", await server.WaitForErrorAsync("refuses clients"), StringComparison.Ordinal);
        await AssertServesAsync(server, from: "127.0.0.1");
    }

    [Fact]
    public async Task Address_has_its_share_of_connections_and_no_more()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--max-per-address", "2");
        using var one = await ConnectAsync(server, from: "127.0.0.2");
        using var two = await ConnectAsync(server, from: "127.0.0.2");
        await AssertEchoesAsync(one);
        await AssertEchoesAsync(two);

        Assert.True(await IsResetAsync(server, from: "127.0.0.2"));

        await AssertServesAsync(server, from: "127.0.0.3");
        await AssertEchoesAsync(one);
    }

    [Fact]
    public async Task Clients_over_the_accept_rate_wait_and_are_served()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--accept-rate", "2");
        var started = Time.GetTimestamp();

        for (var i = 0; i < 6; i++)
            await AssertServesAsync(server, from: "127.0.0.1");

        // The burst of one second at once, and then one every half second.
        Assert.True(Time.GetElapsedTime(started) > TimeSpan.FromSeconds(1.5), $"It took only {Time.GetElapsedTime(started)}.");
    }

    [Fact]
    public async Task Bytes_over_the_rate_wait_and_none_is_lost()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--rate", "100k");
        var started = Time.GetTimestamp();
        var bytes = new byte[400_000];
        new Random(5).NextBytes(bytes);

        var result = await ToolProcess.RunAsync(["connect", $"{server.EndPoint}"], bytes);

        Assert.Equal(bytes, result.Output);
        Assert.True(Time.GetElapsedTime(started) > TimeSpan.FromSeconds(2), $"It took only {Time.GetElapsedTime(started)}.");
    }

    private static async Task<Peer> ConnectAsync(ToolProcess server, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(server.EndPoint).WaitAsync(ToolProcess.DefaultTimeout);
        return new(socket);
    }

    /// <summary>The reset may come so early that connecting fails.</summary>
    private static async Task<bool> IsResetAsync(ToolProcess server, string from)
    {
        try
        {
            using var client = await ConnectAsync(server, from);
            return await client.EndsWithResetAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            return true;
        }
    }

    private static async Task AssertServesAsync(ToolProcess server, string from)
    {
        using var client = await ConnectAsync(server, from);
        await AssertEchoesAsync(client);
    }

    private static async Task AssertEchoesAsync(Peer client)
    {
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadAsync(5));
    }
}
