using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>The observer of steps is notified of every function in order, with its result.</summary>
public sealed class SocketStepTests
{
    private static readonly SocketFixture Tcp = new(AddressFamily.InterNetwork);
    private static readonly IPEndPoint Loopback = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task Every_step_of_a_connection_is_reported_on_both_ends()
    {
        ConcurrentQueue<SocketStep> connected = [], accepted = [];
        await RunAsync(connected.Enqueue, accepted.Enqueue, async (world, client, server, listener) =>
        {
            var (clientHandle, serverHandle) = (Handle(client), Handle(server));
            await client.SendAsync("ping");
            await server.ShouldReceiveAsync("ping");
            await world.BecomesTrueAsync(() => connected.Any(step => step.Function is SocketFunction.Send));
            await server.SendAsync("answer");
            await client.ShouldReceiveAsync("answer");
            await world.BecomesTrueAsync(() => accepted.Any(step => step.Function is SocketFunction.Send));
            await client.SendFinAsync();
            await server.ReceiveFinAsync();
            await world.BecomesTrueAsync(() => connected.Any(step => step.Function is SocketFunction.Shutdown));
            await server.SendFinAsync();
            await world.Soon(Task.WhenAll(client.Closed, server.Closed));
            await listener.DisposeAsync();

            Assert.Equal(
                ["Socket", "Connect", "Send 4", "Receive 6", "Shutdown", "Receive", "Close"], connected.Select(Text));
            Assert.Equal(
                ["Socket", "Bind", "Listen", "Accept", "Receive 4", "Send 6", "Receive", "Shutdown", "Close", "Close"],
                accepted.Select(Text));
            Assert.All(connected, step => Assert.Equal(clientHandle, step.Handle));
            Assert.All(connected.Skip(1), step => Assert.Equal(
                (client.Connection.LocalEndPoint, client.Connection.RemoteEndPoint), (step.LocalEndPoint, step.RemoteEndPoint)));
            Assert.All(accepted.Skip(1).Take(2), step => Assert.Equal(listener.EndPoint, step.LocalEndPoint));
            Assert.All(accepted.Skip(3).Take(6), step => Assert.Equal(
                (serverHandle, server.Connection.LocalEndPoint, server.Connection.RemoteEndPoint),
                (step.Handle, step.LocalEndPoint, step.RemoteEndPoint)));
            Assert.True(connected.ElementAt(1).Elapsed > TimeSpan.Zero, "connect() took no time");
            if (OperatingSystem.IsLinux())
            {
                Assert.Equal(TcpState.Established, connected.ElementAt(1).TcpInfo?.State);
                Assert.Equal(TcpState.Listen, accepted.ElementAt(2).TcpInfo?.State);
            }
        });
    }

    [Fact]
    public async Task A_reset_is_reported_as_one_on_both_ends()
    {
        ConcurrentQueue<SocketStep> connected = [], accepted = [];
        await RunAsync(connected.Enqueue, accepted.Enqueue, async (world, client, server, _) =>
        {
            client.Connection.Abort();
            await world.Soon(Task.WhenAll(client.Closed, server.Closed));
            Assert.True(connected.Last() is { Function: SocketFunction.Close, IsReset: true });
            Assert.True(accepted.Last() is { Function: SocketFunction.Close, IsReset: true });
            var met = accepted.ElementAt(accepted.Count - 2);
            Assert.True(met is { Function: SocketFunction.Receive, IsReset: true, Error: SocketError.ConnectionReset });
        });
    }

    [Fact]
    public async Task A_refused_connect_is_reported_with_its_error()
    {
        ConcurrentQueue<SocketStep> steps = [];
        var transport = new SocketTransport(new() { OnStep = steps.Enqueue });
        var listener = await transport.BindAsync(Loopback, TestContext.Current.CancellationToken);
        await listener.DisposeAsync();
        steps.Clear();
        await Assert.ThrowsAnyAsync<SocketException>(
            () => transport.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, steps.Single(step => step.Function is SocketFunction.Connect).Error);
    }

    [Theory]
    [InlineData(SocketFunction.Receive)]
    [InlineData(SocketFunction.Send)]
    [InlineData(SocketFunction.Shutdown)]
    [InlineData(SocketFunction.Close)]
    public Task An_observer_that_throws_ends_its_connection_and_says_so(SocketFunction function)
    {
        var error = new InvalidOperationException("bad observer");
        return RunAsync(step => _ = step.Function == function ? throw error : step, _ => { }, async (world, client, server, _) =>
        {
            await server.SendAsync("x");
            await client.Output.WriteAsync("y"u8.ToArray(), TestContext.Current.CancellationToken);
            await Task.WhenAll(client.DisposeAsync(), server.DisposeAsync());
            await client.ShouldEndAsync(ClosedBy.Local, CloseCause.HandlerError);
            Assert.Same(error, client.Reason!.Exception);
        });
    }

    private static Task RunAsync(
        Action<SocketStep> onConnected,
        Action<SocketStep> onAccepted,
        Func<TransportWorld, TestEnd, TestEnd, IConnectionListener, Task> test) =>
        Tcp.RunAsync(new SocketTransportOptions { Pool = new(), Segments = new(), OnStep = onAccepted }, async world =>
        {
            var transport = new SocketTransport(new() { OnStep = onConnected });
            var listener = await world.ListenAsync();
            var accepting = world.AcceptAsync(listener, TestContext.Current.CancellationToken);
            var connecting = transport.ConnectAsync(listener.EndPoint, TestContext.Current.CancellationToken).AsTask();
            var client = world.Track(await world.Soon(connecting), "client");
            await test(world, client, await accepting, listener);
        });

    private static nint Handle(TestEnd end) =>
        end.Connection.Features.Get<IConnectionSocketFeature>()!.Socket.SafeHandle.DangerousGetHandle();

    private static string Text(SocketStep step) => step.Bytes > 0 ? $"{step.Function} {step.Bytes}" : $"{step.Function}";
}
