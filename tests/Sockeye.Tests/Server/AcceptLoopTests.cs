using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class AcceptLoopTests : IAsyncDisposable
{
    private readonly ScriptedListener _listener = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogger _logger = new();
    private readonly AsyncPulse _released = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<ConnectionContext> _accepted = [];
    private Action<ConnectionContext> _onAccepted;
    private Task _running = Task.CompletedTask;

    public AcceptLoopTests() => _onAccepted = _accepted.Add;

    public static TheoryData<SocketError> PeerGone =>
    [
        SocketError.ConnectionAborted, SocketError.ConnectionReset, SocketError.NotConnected, SocketError.Interrupted,
        SocketError.WouldBlock, SocketError.NetworkDown,
    ];

    public static TheoryData<SocketError> Trouble =>
    [
        SocketError.TooManyOpenSockets, SocketError.NoBufferSpaceAvailable, SocketError.OperationNotSupported,
        SocketError.SocketError,
    ];

    private int Warnings => _logger.Collector.GetSnapshot().Count(record => record.Level >= LogLevel.Warning);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Failing = null;
        await _running.Within();
    }

    [Theory]
    [MemberData(nameof(PeerGone))]
    public async Task Client_that_left_the_queue_costs_no_wait_and_no_log_line(SocketError error)
    {
        _listener.Fail(new SocketException((int)error));
        _listener.Accept(NewConnection());

        Start();

        await Accepted(1); // without the clock being moved
        Assert.Equal(0, Warnings);
    }

    [Theory]
    [MemberData(nameof(Trouble))]
    public async Task Trouble_on_this_side_waits_is_logged_once_and_goes_on(SocketError error)
    {
        _listener.Failing = new SocketException((int)error);
        Start();
        await WakeUntil(() => _listener.AcceptCalls >= 8, "accept was tried again and again");

        _listener.Failing = null;
        _listener.Accept(NewConnection());

        await WakeUntil(() => _accepted.Count == 1, "a client was accepted again");
        Assert.Equal(1, Warnings);
    }

    [Fact]
    public async Task Any_other_exception_does_not_end_the_loop()
    {
        _listener.Fail(new InvalidOperationException("a bug in a transport"), times: 3);
        _listener.Fail(new OperationCanceledException("not ours"));
        _listener.Accept(NewConnection());

        Start();

        await BoundedWait.UntilAsTimePasses(_time, TimeSpan.FromSeconds(1), () => _accepted.Count == 1, "a client was accepted");
    }

    [Fact]
    public async Task Exhaustion_does_not_spin_while_time_stands_still()
    {
        _listener.Failing = new SocketException((int)SocketError.TooManyOpenSockets);

        Start();
        await BoundedWait.Until(() => Warnings == 1, "the exhaustion was logged");
        for (var i = 0; i < 1000; i++)
            await Task.Yield();

        Assert.Equal(1, _listener.AcceptCalls);
    }

    [Fact]
    public async Task Clients_gone_without_end_are_no_reason_to_spin()
    {
        _listener.Failing = new SocketException((int)SocketError.ConnectionAborted);

        Start();
        await BoundedWait.Until(() => Warnings == 1, "the loop backed off");

        Assert.Equal(100, _listener.AcceptCalls);
    }

    [Fact]
    public async Task Connection_that_goes_wakes_the_loop_at_once()
    {
        _listener.Failing = new SocketException((int)SocketError.TooManyOpenSockets);
        Start();
        await BoundedWait.Until(() => Warnings == 1, "the exhaustion was logged");
        _listener.Failing = null;
        _listener.Accept(NewConnection());

        await WakeUntil(() => _accepted.Count == 1, "the freed descriptor was used, with the clock standing still");
    }

    [Fact]
    public async Task Waiting_clients_are_reset_only_after_none_was_accepted_for_the_timeout()
    {
        (_listener.Failing, _listener.Waiting) = (new SocketException((int)SocketError.TooManyOpenSockets), 50);
        Start();
        await BoundedWait.Until(() => Warnings == 1, "the exhaustion was logged");

        _time.Advance(Acceptor.ShedDelay - TimeSpan.FromSeconds(2));
        await WakeUntil(() => _listener.AcceptCalls >= 3, "accept was tried again");
        Assert.Equal(50, _listener.Waiting);

        _time.Advance(TimeSpan.FromSeconds(2));
        await WakeUntil(() => _listener.Waiting == 0, "the queue was emptied");
    }

    [Fact]
    public async Task Trouble_after_a_quiet_time_is_a_new_episode_and_the_recovery_is_logged()
    {
        _listener.Failing = new SocketException((int)SocketError.TooManyOpenSockets);
        Start();
        await BoundedWait.Until(() => Warnings == 1, "the exhaustion was logged");
        _listener.Failing = null;
        await BoundedWait.UntilAsTimePasses(_time, TimeSpan.FromSeconds(1), () => _listener.AcceptCalls == 2, "accept waits");

        _time.Advance(AcceptFailureLog.Gap);
        _listener.Accept(NewConnection());
        await Accepted(1);
        Assert.Equal(1102, _logger.LatestRecord.Id.Id);
        _listener.Fail(new SocketException((int)SocketError.TooManyOpenSockets));

        await BoundedWait.Until(() => Warnings == 2, "the second episode was logged");
    }

    [Fact]
    public async Task Throwing_logger_does_not_end_the_loop()
    {
        _listener.Fail(new SocketException((int)SocketError.TooManyOpenSockets), times: 3);
        _listener.Accept(NewConnection());

        Start(new SafeLogger(new ThrowingLogger()));

        await BoundedWait.UntilAsTimePasses(_time, TimeSpan.FromSeconds(1), () => _accepted.Count == 1, "a client was accepted");
    }

    [Fact]
    public async Task Throwing_start_of_a_connection_ends_that_one_and_not_the_loop()
    {
        var first = NewConnection();
        var thrown = 0;
        _onAccepted = connection =>
        {
            if (thrown++ == 0)
                throw new InvalidOperationException("no memory for this one");
            _accepted.Add(connection);
        };
        _listener.Accept(first);
        _listener.Accept(NewConnection());

        Start();

        await BoundedWait.UntilAsTimePasses(
            _time, TimeSpan.FromSeconds(1), () => _accepted.Count == 1, "the second client was served");
        Assert.Equal(CloseCause.Abort, first.CloseReason?.Cause);
    }

    [Fact]
    public async Task Listener_that_ends_by_itself_is_an_error_in_the_log()
    {
        _listener.End();

        Start();

        await _running.Within();
        Assert.Equal(1103, _logger.LatestRecord.Id.Id);
    }

    [Fact]
    public async Task Stop_ends_a_loop_that_waits_for_a_descriptor()
    {
        _listener.Failing = new SocketException((int)SocketError.TooManyOpenSockets);
        Start();
        await BoundedWait.Until(() => Warnings == 1, "the exhaustion was logged");

        await _stopping.CancelAsync();

        await _running.Within();
    }

    private static MemoryConnection NewConnection() => MemoryConnection.CreatePair().Server;

    private void Start(ILogger? logger = null)
    {
        logger ??= _logger;
        var acceptor = new Acceptor(_listener, new(_time), new(_time, logger), _time, new Random(1), logger)
        {
            Released = _released,
        };
        var loop = new AcceptLoop(acceptor, c => _onAccepted(c));
        _running = Task.Run(() => loop.RunAsync(_stopping.Token), TestContext.Current.CancellationToken);
    }

    /// <summary>Ends every wait of the loop, as connections that go do, without moving the clock.</summary>
    private Task WakeUntil(Func<bool> condition, string what) => BoundedWait.Until(() =>
    {
        _released.Pulse();
        return condition();
    }, what);

    private Task Accepted(int count) => BoundedWait.Until(() => _accepted.Count == count, $"{count} clients were accepted");

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable BeginScope<TState>(TState state)
            where TState : notnull => throw new InvalidOperationException("disk full");

        public bool IsEnabled(LogLevel logLevel) => throw new InvalidOperationException("disk full");

        public void Log<TState>(LogLevel l, EventId id, TState state, Exception? e, Func<TState, Exception?, string> f) =>
            throw new InvalidOperationException("disk full");
    }
}
