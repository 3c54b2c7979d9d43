using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Sockeye.Linux.Tests.Engines;

/// <summary>A handler that blocks its engine thread is logged, once when it blocks and once when it returns.</summary>
public abstract class HandlerWatchdogTests(LinuxEngine engine) : IAsyncLifetime
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogger _log = new();
    private readonly ManualResetEventSlim _gate = new();
    private readonly TaskCompletionSource _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ConnectionContext> _clients = [];
    private LinuxTransport _transport = null!;
    private IConnectionListener _listener = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has these engines.");
        Assert.SkipUnless(engine is LinuxEngine.Epoll || IoUringProbe.Result.IsSupported, IoUringProbe.Result.Reason);
        _transport = new(new()
        {
            Engine = engine,
            ThreadCount = 1,
            Sockets = new() { UnsafePreferInlineScheduling = true, TimeProvider = _time },
        });
        _listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
        ((ILoggingTransport)_transport).UseLogger(_log);
        _log.Collector.Clear();
    }

    [Fact]
    public async Task Blocked_call_is_logged_once_with_its_connection_and_once_more_when_it_returns()
    {
        var blocking = await ServeAsync();
        var other = await ServeAsync();
        await BlockAsync(blocking.Client);

        Poll(times: 2);
        Assert.Empty(_log.Collector.GetSnapshot());
        Poll(times: 1);
        Poll(times: 20);
        var line = Assert.Single(_log.Collector.GetSnapshot());
        Assert.Equal((4002, LogLevel.Warning), (line.Id.Id, line.Level));
        Assert.Equal(
            $"The handler of {blocking.Id} ({blocking.Client.LocalEndPoint}) has blocked its engine thread, {ThreadName}, " +
            "for 0.3 s: 1 other connections are waiting.",
            line.Message);

        _gate.Set();
        await EchoAsync(other.Client); // The engine thread runs again.
        Poll(times: 1);
        line = _log.LatestRecord;
        Assert.Equal((4003, LogLevel.Warning), (line.Id.Id, line.Level));
        Assert.Equal(
            $"The handler of {blocking.Id} ({blocking.Client.LocalEndPoint}) has returned. It blocked its engine thread, " +
            $"{ThreadName}, for 2.9 s: 1 other connections waited.",
            line.Message);
        await PollBetweenEchoesAsync(other.Client);
        Assert.Equal(2, _log.Collector.Count);
    }

    [Fact]
    public async Task Call_that_ends_in_time_is_not_logged()
    {
        var (client, _) = await ServeAsync();
        await BlockAsync(client);

        Poll(times: 2);
        _gate.Set();
        await PollBetweenEchoesAsync(client);

        Assert.Empty(_log.Collector.GetSnapshot());
    }

    [Fact]
    public async Task Calls_that_follow_each_other_are_not_taken_for_one_that_blocks()
    {
        var (client, _) = await ServeAsync();

        await PollBetweenEchoesAsync(client);

        Assert.Empty(_log.Collector.GetSnapshot());
    }

    [Fact]
    public async Task Nothing_is_polled_after_the_transport_has_ended()
    {
        var (client, _) = await ServeAsync();
        await BlockAsync(client);
        Poll(times: 1);

        var ending = _transport.DisposeAsync();
        Poll(times: 20);
        _gate.Set();
        await ending.AsTask().WaitAsync(WaitLimit, Cancelled);

        Assert.Empty(_log.Collector.GetSnapshot());
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _gate.Set();
        foreach (var client in _clients)
            client.Abort();
        if (_transport is not null)
            await _transport.DisposeAsync().AsTask().WaitAsync(WaitLimit);
        _gate.Dispose();
    }

    private string ThreadName => $"Sockeye {EngineNames.GetName(engine)} 0";

    private void Poll(int times)
    {
        for (var i = 0; i < times; i++)
            _time.Advance(HandlerWatchdog.Interval);
    }

    /// <summary>Each poll meets another call, or none.</summary>
    private async Task PollBetweenEchoesAsync(ConnectionContext client)
    {
        for (var i = 0; i < 20; i++)
        {
            await EchoAsync(client);
            Poll(times: 1);
        }
    }

    /// <summary>A client whose handler sends back what it gets, and blocks for "block".</summary>
    private async Task<(ConnectionContext Client, string Id)> ServeAsync()
    {
        var client = await SocketTransport.Shared.ConnectAsync(_listener.EndPoint, Cancelled);
        _clients.Add(client);
        var connection = (await _listener.AcceptAsync(Cancelled))!;
        _ = HandleAsync(connection);
        return (client, connection.ConnectionId);
    }

    private async Task HandleAsync(ConnectionContext connection)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync().ConfigureAwait(false);
            var text = Encoding.UTF8.GetString(read.Buffer);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
            if (text == "block")
            {
                _blocked.SetResult();
                _gate.Wait(WaitLimit);
            }

            await connection.Transport.Output.WriteAsync(Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task BlockAsync(ConnectionContext client)
    {
        await client.Transport.Output.WriteAsync("block"u8.ToArray(), Cancelled);
        await _blocked.Task.WaitAsync(WaitLimit, Cancelled);
    }

    private static async Task EchoAsync(ConnectionContext client)
    {
        await client.Transport.Output.WriteAsync("x"u8.ToArray(), Cancelled);
        string text;
        do
        {
            var read = await client.Transport.Input.ReadAsync(Cancelled).AsTask().WaitAsync(WaitLimit, Cancelled);
            text = Encoding.UTF8.GetString(read.Buffer);
            client.Transport.Input.AdvanceTo(read.Buffer.End);
        }
        while (!text.EndsWith('x'));
    }
}

public sealed class EpollHandlerWatchdogTests() : HandlerWatchdogTests(LinuxEngine.Epoll);

public sealed class IoUringHandlerWatchdogTests() : HandlerWatchdogTests(LinuxEngine.IoUring);
