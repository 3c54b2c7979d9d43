using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Sockeye.Kestrel.Tests.Support;

namespace Sockeye.Kestrel.Tests;

/// <summary>An exception from accept ends Kestrel's loop forever: clients could no longer connect.</summary>
public sealed class AcceptFailureTests
{
    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.OperationNotSupported)]
    public async Task Accept_that_fails_does_not_end_the_server(SocketError error)
    {
        await using var host = await KestrelHost.StartAsync(
            new FailingTransport(error, times: 4),
            app => app.MapGet("/", () => "still there"),
            kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        using var http = new HttpClient { BaseAddress = host.Address };
        Assert.Equal("still there", await http.GetStringAsync("/", TestContext.Current.CancellationToken).Within());
    }

    [Fact]
    public async Task Server_stops_while_accept_waits_for_descriptors()
    {
        var transport = new FailingTransport(SocketError.TooManyOpenSockets, times: int.MaxValue);
        await using var host = await KestrelHost.StartAsync(
            transport, _ => { }, kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await transport.Failed.Within();
        await host.StopAsync();
    }

    private sealed class FailingTransport(SocketError error, int times) : IConnectionListenerFactory
    {
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Failed => _failed.Task;

        public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            new Listener(await SocketTransport.Shared.BindAsync(endpoint, cancellationToken), error, times, _failed);

        private sealed class Listener(IConnectionListener inner, SocketError error, int times, TaskCompletionSource failed)
            : IConnectionListener
        {
            private int _failures;

            public EndPoint EndPoint => inner.EndPoint;

            public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
            {
                if (_failures++ >= times)
                    return inner.AcceptAsync(cancellationToken);
                failed.TrySetResult();
                throw new SocketException((int)error);
            }

            public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
