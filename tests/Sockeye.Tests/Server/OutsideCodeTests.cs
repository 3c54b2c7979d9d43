using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

/// <summary>Code that is not the server's throws while it starts, reloads, serves or stops, and costs nothing else.</summary>
public sealed class OutsideCodeTests
{
    private const int Seed = 1206;

    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly TestLog _log = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IEnumerable<string> Lines => _log.WithId(1008).Select(line => line.Message);

    [Fact]
    public void Callback_of_StopRequested_that_throws_is_said_and_the_others_are_called() => Simulated.Run(Seed, async world =>
    {
        var notified = new TaskCompletionSource();
        await using var server = await world.Start(async connection =>
        {
            using var last = connection.StopRequested.Register(notified.SetResult);
            using var bad = connection.StopRequested.Register(() => throw new FormatException("not a word"));
            await connection.SendAsync("!");
            await notified.Task;
            await connection.SendAsync("done");
        });
        await using var client = await world.Connect();
        Assert.Equal("!", await client.ReadAsync(1));

        var stopping = server.StopAsync(CancellationToken.None);
        Assert.Equal("done", await client.ReadToEndAsync());
        await client.DisposeAsync();

        Assert.Equal(1, (await stopping).Drained);
        Assert.EndsWith("FormatException: not a word", Assert.Single(world.Log.WithId(1008)).Message, StringComparison.Ordinal);
    });

    [Fact]
    public async Task Callback_of_StopRequested_that_throws_does_not_end_the_process()
    {
        await using var server = await LoopbackServer.StartAsync(
            async connection =>
            {
                connection.StopRequested.UnsafeRegister(_ => throw new FormatException("not a word"), null);
                await connection.SendAsync("!");
                await connection.Transport.Input.CopyToAsync(connection.Transport.Output, connection.StopRequested);
            },
            options => options.LoggerFactory = _log);
        await using var client = await server.ConnectAsync();
        Assert.Equal("!", await client.ReadAsync(1));

        await server.StopAsync(Cancelled).Within();

        await BoundedWait.Until(() => Lines.Any(), "the exception was said");
        Assert.Contains("StopRequested", Lines.Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, true)]
    public async Task Stop_ends_everything_whatever_a_listener_throws(bool atCancel, bool atUnbind, bool atDispose)
    {
        var transport = new FaultyTransport
        {
            ThrowsAtCancel = atCancel, ThrowsAtUnbind = atUnbind, ThrowsAtDispose = atDispose,
        };
        await using var server = await StartAsync(transport, endpoints: 2);
        var connection = MemoryConnection.CreatePair();
        transport.Listeners[1].Inner.Accept(connection.Server);
        await BoundedWait.Until(() => server.ConnectionCount == 1, "the client was accepted");

        var result = await server.StopAsync(Cancelled).Within();

        Assert.Equal((1, 0), (result.Drained, result.Aborted));
        Assert.All(transport.Listeners, listener => Assert.True(listener is { IsUnbound: true, IsDisposed: true }));
        Assert.Equal(2 * new[] { atUnbind, atDispose }.Count(throws => throws) + (atCancel ? 1 : 0), Lines.Count());
        Assert.All(Lines, line => Assert.EndsWith(
            "InvalidOperationException: a faulty listener", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reload_that_removes_a_listener_which_throws_is_whole()
    {
        var transport = new FaultyTransport { ThrowsAtUnbind = true, ThrowsAtDispose = true };
        await using var server = await StartAsync(transport, endpoints: 2);
        var kept = transport.Listeners[1];

        var result = await server.ReloadAsync(
            options => options.Listen(kept.EndPoint).Run(ConnectionText.Echo), Cancelled).Within();

        Assert.Equal([transport.Listeners[0].EndPoint], result.Removed);
        Assert.Equal([kept.EndPoint], server.EndPoints);
        await BoundedWait.Until(() => Lines.Count() == 2, "both were said");
        Assert.False(kept.IsUnbound);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Start_or_reload_that_fails_releases_every_listener_even_if_that_throws_too(int binds)
    {
        var failing = new FaultyTransport { ThrowsAtDispose = true, FailsAtBind = binds };
        Assert.Equal("no such bind", (await Assert.ThrowsAsync<IOException>(() => StartAsync(failing, endpoints: 4))).Message);
        Assert.Equal(binds, failing.Listeners.Count);
        Assert.All(failing.Listeners, listener => Assert.True(listener.IsDisposed));

        var reloading = new FaultyTransport { ThrowsAtDispose = true, FailsAtBind = 1 + binds };
        await using var server = await StartAsync(reloading, endpoints: 1);
        await Assert.ThrowsAsync<IOException>(() => server.ReloadAsync(
            options =>
            {
                foreach (var each in Enumerable.Range(0, 4))
                    options.Listen(new IPEndPoint(IPAddress.Loopback, 20_000 + each)).Run(ConnectionText.Echo);
            },
            Cancelled));
        Assert.Equal([false, .. Enumerable.Repeat(true, binds)], reloading.Listeners.Select(listener => listener.IsDisposed));
        Assert.Equal([reloading.Listeners[0].EndPoint], server.EndPoints);
    }

    [Fact]
    public async Task Start_that_fails_after_the_bind_releases_every_listener()
    {
        var transport = new FaultyTransport { ThrowsWhenAskedToLog = true, ThrowsAtUnbind = true };

        var failed = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(transport, endpoints: 3));

        Assert.Equal("no log", failed.Message);
        Assert.Equal(3, transport.Listeners.Count(listener => listener is { IsUnbound: true, IsDisposed: true }));
    }

    [Fact]
    public async Task Connections_whose_abort_throws_keep_no_stop_from_the_others()
    {
        var transport = new FaultyTransport();
        using var notified = new ManualResetEventSlim();
        await using var server = await StartAsync(transport, endpoints: 1, async connection =>
        {
            // The others end by the abort, perhaps before their callback runs.
            using var notifying = connection is FaultyConnection ? connection.StopRequested.Register(notified.Set) : default;
            while (!(await connection.Transport.Input.ReadAsync(CancellationToken.None)).IsCompleted)
                connection.Transport.Input.CancelPendingRead();
        }, options => options.ShutdownTimeout = TimeSpan.Zero);
        var listener = transport.Listeners[0].Inner;
        var (before, after) = (MemoryConnection.CreatePair(), MemoryConnection.CreatePair());
        var faulty = MemoryConnection.CreatePair();
        listener.Accept(before.Server);
        listener.Accept(new FaultyConnection(faulty.Server));
        listener.Accept(after.Server);
        await BoundedWait.Until(() => server.ConnectionCount == 3, "all were accepted");
        var stopping = server.StopAsync(Cancelled);
        await BoundedWait.Until(() => notified.IsSet, "it was notified"); // The stop counts those that end after its start.
        faulty.Client.Transport.Output.Complete();

        var result = await stopping.Within();

        Assert.True(before.Server.HasEnded && after.Server.HasEnded);
        Assert.Equal(3, result.Aborted + result.Drained);
    }

    [Fact]
    public async Task Client_that_cannot_be_begun_is_given_up_and_counts_no_more()
    {
        var (transport, time) = (new FaultyTransport(), new FaultyClock());
        await using var server = await StartAsync(transport, endpoints: 1, configure: options =>
        {
            (options.TimeProvider, options.MaxConnections) = (time, 1);
            options.AtMaxConnections = LimitAction.LeaveInBacklog;
            options.Timeouts.Lifetime = TimeSpan.FromHours(1);
        });
        var (first, second) = (MemoryConnection.CreatePair(), MemoryConnection.CreatePair());
        time.Throws = true;
        transport.Listeners[0].Inner.Accept(first.Server);
        await BoundedWait.Until(() => first.Server.HasEnded, "the first was given up");
        Assert.Equal(0, server.ConnectionCount);
        time.Throws = false;

        transport.Listeners[0].Inner.Accept(second.Server);
        await BoundedWait.Until(() => server.ConnectionCount == 1, "its permit was free");
        Assert.Equal(1, (await server.StopAsync(Cancelled).Within()).Drained);
    }

    [Fact]
    public void Exception_of_a_handler_that_cannot_even_say_what_it_is_ends_its_connection_only() =>
        Simulated.Run(Seed, async world =>
        {
            await using var server = await world.Start(_ => throw new Unspeakable());
            await using var client = await world.Connect();
            await client.AssertResetAsync();

            await world.Until(() => server.ConnectionCount == 0, "the connection was gone");
            Assert.Contains("the handler threw Unspeakable", (await world.ConnectionEnded()).Message, StringComparison.Ordinal);
        });

    private Task<SockeyeServer> StartAsync(
        FaultyTransport transport, int endpoints, ConnectionDelegate? handler = null,
        Action<SockeyeServerOptions>? configure = null) =>
        SockeyeServer.StartAsync(
            options =>
            {
                (options.Transport, options.LoggerFactory) = (transport, _log);
                configure?.Invoke(options);
                for (var i = 0; i < endpoints; i++)
                    options.Listen(AnyPort).Run(handler ?? (connection => connection.StopRequested.WhenCancelledAsync()));
            },
            Cancelled);

    private sealed class Unspeakable : Exception
    {
        public override string Message => throw new InvalidOperationException("no text");
    }

    private sealed class FaultyClock : TimeProvider
    {
        public bool Throws { get; set; }

        public override long GetTimestamp() =>
            Throws && new StackTrace().ToString().Contains("CoarseTimer.Set", StringComparison.Ordinal)
                ? throw new InvalidOperationException("a faulty clock")
                : base.GetTimestamp();
    }

    /// <summary>A connection of another library, which cannot be aborted.</summary>
    private sealed class FaultyConnection : DefaultConnectionContext
    {
        public FaultyConnection(MemoryConnection inner) => Transport = inner.Transport;

        public override void Abort(ConnectionAbortedException abortReason) =>
            throw new InvalidOperationException("a faulty connection");
    }

    private sealed class FaultyTransport : IConnectionListenerFactory, ILoggingTransport
    {
        public List<FaultyListener> Listeners { get; } = [];

        public bool ThrowsAtCancel { get; init; }

        public bool ThrowsAtUnbind { get; init; }

        public bool ThrowsAtDispose { get; init; }

        public bool ThrowsWhenAskedToLog { get; init; }

        /// <summary>How many binds go well.</summary>
        public int FailsAtBind { get; init; } = int.MaxValue;

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            if (Listeners.Count == FailsAtBind)
                throw new IOException("no such bind");
            Listeners.Add(new(this, new(IPAddress.Loopback, 10_000 + Listeners.Count)));
            return new(Listeners[^1]);
        }

        public void UseLogger(ILogger logger)
        {
            if (ThrowsWhenAskedToLog)
                throw new InvalidOperationException("no log");
        }
    }

    private sealed class FaultyListener(FaultyTransport transport, IPEndPoint endpoint) : IConnectionListener
    {
        private int _registered;

        public ScriptedListener Inner { get; } = new();

        public EndPoint EndPoint => endpoint;

        public bool IsUnbound { get; private set; }

        public bool IsDisposed { get; private set; }

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (transport.ThrowsAtCancel && Interlocked.Exchange(ref _registered, 1) == 0)
                cancellationToken.UnsafeRegister(static _ => throw Error(), null);
            return Inner.AcceptAsync(cancellationToken);
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            IsUnbound = true;
            Inner.End();
            return transport.ThrowsAtUnbind ? throw Error() : default;
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return transport.ThrowsAtDispose ? ValueTask.FromException(Error()) : default;
        }

        private static InvalidOperationException Error() => new("a faulty listener");
    }
}
