using System.Globalization;
using System.Net.Sockets;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

public sealed class ListenLimitTests
{
    [Fact]
    public async Task Connection_over_the_limit_is_reset_and_the_others_continue()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--max-connections", "2");
        using var first = await EchoedAsync(server);
        using var second = await EchoedAsync(server);

        Assert.True(await Peer.IsResetAsync(server.EndPoint));
        Assert.Contains("warning: All 2 connections are in use", await server.NextErrorAsync(), StringComparison.Ordinal);
        await first.SendAsync("still");
        Assert.Equal("still", await first.ReadAsync(5));
    }

    [Fact]
    public async Task Idle_connection_is_closed_in_order_after_the_timeout()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--idle-timeout", "2s", "--verbose");
        using var client = await EchoedAsync(server);

        Assert.False(await client.EndsWithResetAsync());
        var end = await server.WaitForErrorAsync("ended after");
        Assert.Contains("nothing was received or sent for", end, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Once_serves_one_client_and_exits()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--once");
        using var first = await EchoedAsync(server);
        Assert.True(await Peer.IsResetAsync(server.EndPoint));

        first.SendFin();

        Assert.Equal("", await first.ReadToEndAsync());
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task Once_fails_when_its_client_resets_the_connection()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--once");
        var client = await EchoedAsync(server);

        client.Reset();

        Assert.Equal(1, await server.ExitAsync());
        Assert.EndsWith("the peer reset the connection (RST).", server.SeenErrors[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_and_killed_clients_end_their_own_connection_with_a_reason_and_no_other()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--verbose");
        using var bystander = await EchoedAsync(server);
        var resetting = await EchoedAsync(server);
        var from = $"{resetting.Socket.LocalEndPoint}";

        resetting.Reset();

        Assert.Contains("the peer reset the connection (RST)", await server.WaitForErrorAsync(from), StringComparison.Ordinal);
        await using (var killed = ToolProcess.Start("connect", server.EndPoints[0]))
        {
            await killed.Input.WriteAsync("half a mess"u8.ToArray(), TestContext.Current.CancellationToken);
            await killed.Input.FlushAsync(TestContext.Current.CancellationToken);
            Assert.Equal((byte)'h', (byte)killed.Output.ReadByte()); // The client is connected.
            await killed.SignalAsync("KILL");
            await killed.ExitAsync();
        }

        await server.WaitForErrorAsync("ended after");
        await bystander.SendAsync("still");
        Assert.Equal("still", await bystander.ReadAsync(5));
    }

    [Fact]
    public async Task Memory_stays_bounded_while_a_client_sends_much_and_reads_nothing()
    {
        Programs.SkipUnlessLinux("/proc/PID/status");
        const long Offered = 1024L * 1024 * 1024;
        const long MaxPeakKiB = 150 * 1024;
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var client = await Peer.ConnectAsync(server.EndPoint);
        client.Socket.Blocking = false;
        var block = new byte[64 * 1024];
        var offered = 0L;

        // Until no more is accepted for a second: the buffers of both sides are full, and the rest waits in the client.
        while (offered < Offered && client.Socket.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectWrite))
            offered += client.Socket.Send(block, SocketFlags.None, out _);

        Assert.InRange(offered, 1, Offered - 1);
        Assert.InRange(ProcessFiles.PeakMemory(server.Id), 1, MaxPeakKiB);
        using var other = await EchoedAsync(server);
    }

    [Theory]
    [InlineData("sockets")]
    [InlineData("epoll")]
    [InlineData("epoll", "--inline")]
    [InlineData("io_uring")]
    [InlineData("io_uring", "--inline")]
    public async Task Server_without_descriptors_logs_it_once_does_not_spin_and_serves_again(
        string engine, params string[] options)
    {
        Programs.SkipUnlessLinux("/proc/PID/fd");
        if (engine == "io_uring")
            await Programs.SkipUnlessIoUringAsync();
        options = ["--echo", "--engine", engine, .. options];
        const int Spare = 48;
        const int Clients = 300;
        int idle;
        await using (var probe = await ToolProcess.ListenAsync(options))
            idle = ProcessFiles.Descriptors(probe.Id);
        var limited = $"ulimit -n {(idle + Spare).ToString(CultureInfo.InvariantCulture)}; exec \"$0\" \"$@\"";
        await using var server = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder(limited, ["listen", "127.0.0.1:0", .. options]));

        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Peer.ConnectAsync(server.EndPoint)));
        Assert.Contains("cannot accept", await server.NextErrorAsync(), StringComparison.Ordinal);
        var before = ProcessFiles.CpuTicks(server.Id);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.InRange(ProcessFiles.CpuTicks(server.Id) - before, 0, 60); // 30 % of one processor; spinning uses all of it
        Assert.False(server.HasExited);
        foreach (var client in clients)
            client.Dispose();

        using var again = await EchoedAsync(server);
        Assert.Equal(0, await server.StopAsync());
        Assert.Single(server.SeenErrors, line => line.Contains("cannot accept", StringComparison.Ordinal));
    }

    private static async Task<Peer> EchoedAsync(ToolProcess server)
    {
        var client = await Peer.ConnectAsync(server.EndPoint);
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadAsync(5));
        return client;
    }
}
