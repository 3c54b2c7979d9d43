using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>The options are set on the sockets of both ends, connecting and accepting.</summary>
public sealed class SocketOptionsTests
{
    private const int ProtocolTcp = 6;
    private const int LinuxUserTimeout = 18;

    private static readonly SocketFixture Tcp = new(AddressFamily.InterNetwork);

    [Fact]
    public Task Keep_alive_is_set_on_both_ends() => OnBothEndsAsync(
        new()
        {
            Pool = new(), Segments = new(),
            KeepAliveTime = TimeSpan.FromSeconds(77),
            KeepAliveInterval = TimeSpan.FromSeconds(7),
            KeepAliveProbes = 3,
        },
        socket =>
        {
            Assert.Equal(1, Get(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
            Assert.Equal(77, Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
            Assert.Equal(7, Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
            Assert.Equal(3, Get(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));
        });

    [Fact]
    public Task Without_a_time_there_is_no_keep_alive() => OnBothEndsAsync(
        new() { Pool = new(), Segments = new(), KeepAliveTime = null },
        socket => Assert.Equal(0, Get(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task No_delay_is_as_asked_for(bool noDelay) => OnBothEndsAsync(
        new() { Pool = new(), Segments = new(), NoDelay = noDelay },
        socket => Assert.Equal(noDelay, socket.NoDelay));

    [Fact]
    public Task Buffer_sizes_are_as_asked_for() => OnBothEndsAsync(
        new() { Pool = new(), Segments = new(), ReceiveBufferSize = 20_000, SendBufferSize = 30_000 },
        socket =>
        {
            // Linux doubles what it is given, socket(7).
            var factor = OperatingSystem.IsLinux() ? 2 : 1;
            Assert.Equal((factor * 20_000, factor * 30_000), (socket.ReceiveBufferSize, socket.SendBufferSize));
        });

    [Fact]
    public Task User_timeout_is_set_on_both_ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "TCP_USER_TIMEOUT is Linux's.");
        return OnBothEndsAsync(new() { Pool = new(), Segments = new(), UserTimeout = TimeSpan.FromSeconds(12.5) }, socket =>
        {
            var value = new byte[sizeof(int)];
            socket.GetRawSocketOption(ProtocolTcp, LinuxUserTimeout, value);
            Assert.Equal(12_500, BitConverter.ToInt32(value));
        });
    }

    [Fact]
    public Task Backlog_is_the_limit_of_the_accept_queue()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the system does not report it.");
        return Tcp.RunAsync(new SocketTransportOptions { Pool = new(), Segments = new(), Backlog = 17 }, async world =>
        {
            var info = ((IAcceptQueueListener)await world.ListenAsync()).GetTcpInfo();
            Assert.Equal((17, 0), (info?.AcceptQueueLimit, info?.AcceptQueueDepth));
        });
    }

    [Fact]
    public Task With_fast_open_data_still_crosses_both_ways() =>
        Tcp.RunAsync(new SocketTransportOptions { Pool = new(), Segments = new(), FastOpen = true }, async world =>
        {
            var listener = await world.ListenAsync();
            var client = await world.ConnectClientAsync(listener, TestContext.Current.CancellationToken);
            await client.SendAsync("in the SYN"); // connect() alone sends nothing
            var server = await world.AcceptAsync(listener, TestContext.Current.CancellationToken);
            await server.ShouldReceiveAsync("in the SYN");
            await server.SendAsync("answer");
            await client.ShouldReceiveAsync("answer");
        });

    [Fact]
    public Task Handler_that_blocks_its_thread_does_not_hide_a_reset_of_the_peer() => Tcp.RunAsync(NewOptions(), async world =>
    {
        var (client, server) = await world.ConnectAsync();
        var (isBlocking, isReset) = (new TaskCompletionSource(), new ManualResetEventSlim());
        var handler = BlockAsync(server, isBlocking, isReset);
        await client.SendAsync("x");
        await world.Soon(isBlocking.Task);
        client.Connection.Abort();
        await world.BecomesTrueAsync(() => server.Reason is { Cause: CloseCause.Reset });
        isReset.Set();
        await world.Soon(handler);
    });

    [Fact]
    public Task Handlers_run_on_the_receiving_thread_if_asked_to() =>
        Tcp.RunAsync(NewOptions(options => options.UnsafePreferInlineScheduling = true), async world =>
        {
            var (client, server) = await world.ConnectAsync();
            var ranOnReceivingThread = RunAsync(server);
            await client.SendAsync("x");
            Assert.True(await world.Soon(ranOnReceivingThread));
        });

    [Fact]
    public void A_value_out_of_range_is_refused_by_name()
    {
        var options = new SocketTransportOptions();
        Assert.Throws<ArgumentOutOfRangeException>("Backlog", () => options.Backlog = 0);
        Assert.Throws<ArgumentOutOfRangeException>("KeepAliveTime", () => options.KeepAliveTime = TimeSpan.FromMilliseconds(10));
        Assert.Throws<ArgumentOutOfRangeException>("MaxReadBufferSize", () => options.MaxReadBufferSize = 0);
        Assert.Throws<ArgumentOutOfRangeException>("CloseTimeout", () => options.CloseTimeout = TimeSpan.Zero);
    }

    /// <summary>Whether what follows a read runs on top of the receiving pump.</summary>
    private static async Task<bool> RunAsync(TestEnd end)
    {
        var read = await end.Input.ReadAsync().ConfigureAwait(false);
        var stack = Environment.StackTrace;
        end.Input.AdvanceTo(read.Buffer.End);
        return stack.Contains("StreamConnection.ReceiveAsync", StringComparison.Ordinal);
    }

    private static async Task BlockAsync(TestEnd end, TaskCompletionSource isBlocking, ManualResetEventSlim isReset)
    {
        var read = await end.Input.ReadAsync().ConfigureAwait(false);
        end.Input.AdvanceTo(read.Buffer.End);
        isBlocking.SetResult();
        Assert.True(isReset.Wait(TimeSpan.FromMinutes(1)), "The reset was seen while the handler blocked its thread.");
    }

    private static SocketTransportOptions NewOptions(Action<SocketTransportOptions>? configure = null)
    {
        var options = new SocketTransportOptions { Pool = new(), Segments = new() };
        configure?.Invoke(options);
        return options;
    }

    private static Task OnBothEndsAsync(SocketTransportOptions options, Action<Socket> check) =>
        Tcp.RunAsync(options, async world =>
        {
            var (client, server) = await world.ConnectAsync();
            foreach (var end in new[] { client, server })
                check(end.Connection.Features.Get<IConnectionSocketFeature>()!.Socket);
        });

    private static int Get(Socket socket, SocketOptionLevel level, SocketOptionName name) =>
        (int)socket.GetSocketOption(level, name)!;
}
