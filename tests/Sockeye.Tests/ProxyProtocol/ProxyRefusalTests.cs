using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.ProxyProtocol;

/// <summary>Who is kept out of an endpoint that wants PROXY headers, and what is said of it.</summary>
public sealed class ProxyRefusalTests
{
    private const int Seed = 41;

    /// <summary>Two ticks of the coarse timer, and the way through the network.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(210);

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "an HTTP request came", "(\"GET / HTTP/1.1\\x0D\\x0A\"…)")]
    [InlineData("\x16\x03\x01\x02\0\x01\0", "a TLS ClientHello came", "(\"\\x16\\x03\\x01\\x02\\x00\\x01\\x00\")")]
    [InlineData("SSH-2.0-x\r\n", "an SSH client came", "(\"SSH-2.0-x\\x0D\\x0A\")")]
    [InlineData("hello \"\\\u001b[2J\n", "other data came", "(\"hello \\x22\\x5C\\x1B[2J\\x0A\")")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 09 443\r\n", "not a valid TCP4", "(\"TCP4 1.2.3.4 5.6\"…)")]
    [InlineData("PROXY TCP4 1.2.3.4 5.6.7.8 9 443\n", "does not end in CR LF", "")]
    public void Connection_without_a_header_is_reset_and_the_log_says_what_came(string sent, string what, string shown) =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await ProxiedServer.Start(world);
            await using var client = await world.Connect();
            await client.SendAsync(Encoding.Latin1.GetBytes(sent));

            await client.AssertResetAsync();
            var line = await RefusedAsync(world);
            Assert.Contains("UseProxyProtocol on [::]:7000 refuses clients: 1 since", line.Message);
            Assert.Contains($"The latest is {client.LocalEndPoint}: ", line.Message);
            Assert.Contains(what, line.Message);
            Assert.Contains(shown, line.Message);
            await AssertEndAsync(world, CloseCause.ProtocolError);
        });

    [Fact]
    public void Proxy_that_is_not_trusted_is_reset_before_its_header_is_read() => Simulated.Run(Seed, async world =>
    {
        await using var server = await world.StartWith(listen => listen
            .UseProxyProtocol(IPNetwork.Parse("10.0.0.128/25"), IPNetwork.Parse("fd00::/64"))
            .Run(ProxiedServer.ReportAddressesAsync));
        await using var client = await world.Connect();
        await client.SendAsync(ProxiedServer.Line);

        await client.AssertResetAsync();
        Assert.Contains(
            $"{client.LocalEndPoint}: its address is not that of a trusted proxy: 10.0.0.128/25, fd00::/64.",
            (await RefusedAsync(world)).Message);
        await AssertEndAsync(world, CloseCause.Denied);
    });

    [Fact]
    public void Header_that_comes_too_slowly_is_refused_when_its_time_is_over() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        await using var client = await world.Connect();
        var begun = world.Network.Elapsed;
        var sending = SendSlowlyAsync(world, client, ProxiedServer.Line, TimeSpan.FromSeconds(1.5));

        await client.AssertResetAsync();

        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(10),
            TimeSpan.FromSeconds(5) + Late);
        Assert.Contains("4 bytes and no whole PROXY header came within 5 s", (await RefusedAsync(world)).Message);
        await AssertEndAsync(world, CloseCause.Timeout);
        await sending;
    });

    [Fact]
    public void One_byte_every_ten_seconds_is_enough_where_the_time_is_long_enough() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world, options => options.HeaderTimeout = TimeSpan.FromMinutes(10));
        await using var client = await world.Connect();

        await SendSlowlyAsync(world, client, ProxiedServer.Line, TimeSpan.FromSeconds(10));

        Assert.Equal("192.0.2.7:56324 -> 198.51.100.1:443", await client.ReadLineAsync());
        // The time limit was the header's, not the connection's.
        await world.Pass(TimeSpan.FromMinutes(9));
        await client.SendAsync("still here");
        Assert.Equal("still here", await client.ReadAsync(10));
    });

    [Fact]
    public void Client_that_says_nothing_is_reset_when_the_time_for_the_header_is_over() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        await using var client = await world.Connect();

        await client.AssertResetAsync();

        Assert.Contains("0 bytes and no whole PROXY header", (await RefusedAsync(world)).Message);
        await AssertEndAsync(world, CloseCause.Timeout);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Health_check_that_connects_and_closes_is_no_warning(bool reset) => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        await using (var client = await world.Connect())
        {
            await world.Until(() => server.ConnectionCount == 1, "it was accepted");
            if (reset)
                client.Abort();
        }

        Assert.Contains(reset ? "Peer Reset" : "Peer Fin", (await world.ConnectionEnded()).Message);
        Assert.All(world.Log.Lines.GetSnapshot(), line => Assert.True(line.Level <= LogLevel.Information, line.Message));
    });

    [Theory]
    [InlineData(1, "1 byte")]
    [InlineData(20, "20 bytes")]
    [InlineData(44, "44 bytes")]
    public void Connection_that_ends_inside_its_header_is_a_protocol_error(int length, string count) =>
        Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        await using var client = await world.Connect();
        await client.SendAsync(ProxiedServer.Line[..length]);
        await client.Transport.Output.CompleteAsync();

        await client.AssertResetAsync();
        Assert.Contains($"it ended after {count} of a PROXY header", (await RefusedAsync(world)).Message);
        await AssertEndAsync(world, CloseCause.ProtocolError);
    });

    [Fact]
    public void Header_over_the_maximum_is_refused_by_what_it_says_of_its_length() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world, options => options.MaxHeaderLength = 200);
        await using var client = await world.Connect();
        var header = new ProxyHeader { Tlvs = [new(ProxyTlvType.NoOp, new byte[300])] }.ToBytes();
        await client.SendAsync(header[..16]);

        await client.AssertResetAsync();
        Assert.Contains("says that it has 319 bytes, and the maximum is 200", (await RefusedAsync(world)).Message);
    });

    [Fact]
    public void Stop_does_not_wait_for_headers() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(
            world, options => options.HeaderTimeout = TimeSpan.FromMinutes(1));
        await using var silent = await world.Connect();
        await using var slow = await world.Connect();
        await slow.SendAsync("PROXY ");
        await world.Until(() => server.ConnectionCount == 2, "both were accepted");
        var begun = world.Network.Elapsed;

        var stopped = await server.StopAsync(CancellationToken.None);

        Assert.Equal((2, 0), (stopped.Drained, stopped.Aborted));
        Assert.InRange(world.Network.Elapsed - begun, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.All(world.Log.WithId(1200), line => Assert.Contains("Local Stop", line.Message));
    });

    [Fact]
    public void Flood_without_headers_is_one_line_a_minute_and_a_metric() => Simulated.Run(Seed, async world =>
    {
        await using var server = await ProxiedServer.Start(world);
        for (var i = 0; i < 20; i++)
        {
            await using var client = await world.Connect();
            await client.SendAsync("junk");
            await client.AssertResetAsync();
        }

        await world.Until(() => world.Log.WithId(1204).Count() == 20, "all were logged in the details");
        Assert.Single(world.Log.WithId(1300));
        Assert.Empty(world.Log.WithId(1200));
    });

    private static async Task SendSlowlyAsync(Simulated world, ConnectionContext client, string text, TimeSpan pause)
    {
        foreach (var one in text)
        {
            var flush = await client.Transport.Output.WriteAsync(new[] { (byte)one });
            if (flush.IsCompleted)
                return;
            await world.Pass(pause);
        }
    }

    private static async Task<FakeLogRecord> RefusedAsync(Simulated world)
    {
        await world.Until(() => world.Log.WithId(1300).Any(), "the refusal was logged");
        return Assert.Single(world.Log.WithId(1300));
    }

    private static async Task AssertEndAsync(Simulated world, CloseCause cause)
    {
        await world.Until(() => world.Log.WithId(1204).Any(), "the connection's end was logged");
        Assert.Contains($"was refused: {cause}, ", Assert.Single(world.Log.WithId(1204)).Message);
    }
}
