using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

public sealed class ReconnectStateTests : IDisposable
{
    private const int Seed = 35;

    private static readonly Codec<string> Lines = Codec.Lines(maxLength: 16);

    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;
    private readonly TestLog _log = new();
    private readonly SockeyeClientOptions _options;
    private readonly List<ReconnectState> _states = [];

    public ReconnectStateTests()
    {
        _transport = new(_time);
        _options = new() { Transport = _transport, TimeProvider = _time, Random = new Random(Seed), LoggerFactory = _log };
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task State_follows_attempts_connections_and_losses_with_the_last_error()
    {
        var sequence = Start(Cancelled);
        Assert.Equal(new(ReconnectStatus.Connecting, 0, TimeSpan.Zero, null), sequence.State);
        var connections = sequence.GetAsyncEnumerator(Cancelled);
        var next = connections.MoveNextAsync().AsTask();
        Assert.Equal(ReconnectStatus.Connecting, sequence.State.Status);

        Fail();
        AssertWaiting(1);
        Rest();
        Fail();
        AssertWaiting(2);
        var refused = sequence.State.Error;
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<ConnectException>(refused).SocketError);
        Rest();

        var server = _transport.NextAttempt().Accept();
        await next;
        Assert.Equal(new(ReconnectStatus.Connected, 0, TimeSpan.Zero, refused), sequence.State);

        server.Abort();
        next = connections.MoveNextAsync().AsTask();
        AssertWaiting(0);
        Assert.IsType<ConnectionResetException>(sequence.State.Error);
        Rest();
        _transport.NextAttempt().Accept();
        await next;
        await connections.DisposeAsync();

        Assert.Equal(ReconnectStatus.Ended, sequence.State.Status);
        Assert.Equal(
            [
                ReconnectStatus.Waiting, ReconnectStatus.Waiting, ReconnectStatus.Connected, ReconnectStatus.Waiting,
                ReconnectStatus.Connected, ReconnectStatus.Ended,
            ],
            _states.Select(state => state.Status));
        Assert.Same(sequence.State, _states[^1]);

        void AssertWaiting(int failures)
        {
            Assert.Equal((ReconnectStatus.Waiting, failures), (sequence.State.Status, sequence.State.FailedAttempts));
            Assert.Equal(_time.Timers.Last(), sequence.State.Delay);
        }
    }

    [Fact]
    public async Task Loop_that_gives_up_has_the_error_that_it_throws()
    {
        _options.Reconnect.MaxAttempts = 2;
        var sequence = Start(Cancelled);
        var next = sequence.GetAsyncEnumerator(Cancelled).MoveNextAsync().AsTask();
        Fail();
        Rest();
        Fail();

        var error = await Assert.ThrowsAsync<ConnectException>(() => next);

        Assert.Equal((ReconnectStatus.GaveUp, 2), (sequence.State.Status, sequence.State.FailedAttempts));
        Assert.Same(error, sequence.State.Error);
        Assert.Equal([ReconnectStatus.Waiting, ReconnectStatus.GaveUp], _states.Select(state => state.Status));
    }

    [Fact]
    public async Task Loop_that_is_cancelled_keeps_the_last_error()
    {
        using var cancel = new CancellationTokenSource();
        var sequence = Start(cancel.Token);
        var next = sequence.GetAsyncEnumerator(Cancelled).MoveNextAsync().AsTask();
        Fail();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);

        Assert.Equal((ReconnectStatus.Ended, 1), (sequence.State.Status, sequence.State.FailedAttempts));
        Assert.IsType<ConnectException>(sequence.State.Error);
    }

    [Fact]
    public async Task Handler_that_throws_is_logged_and_the_loop_continues()
    {
        var sequence = Start(Cancelled);
        sequence.OnStateChanged = state => throw new InvalidOperationException($"no {state.Status}");
        _transport.OnAttempt = attempt => attempt.Accept();

        await using (var connections = sequence.GetAsyncEnumerator(Cancelled))
        {
            Assert.True(await connections.MoveNextAsync());
            Assert.Equal(ReconnectStatus.Connected, sequence.State.Status);
        }

        Assert.Contains(_log.Lines.GetSnapshot(), line => line.Exception?.Message == "no Connected");
        Assert.Contains(_log.Lines.GetSnapshot(), line => line.Exception?.Message == "no Ended");
    }

    [Fact]
    public void Sequence_of_message_connections_has_the_state_too() => Simulated.Run(Seed, async world =>
    {
        var sequence = world.NewClient().ReconnectAsync("server", 7000, Lines, Lines);
        var next = sequence.GetAsyncEnumerator(CancellationToken.None);
        var connecting = next.MoveNextAsync().AsTask();
        await world.Until(() => sequence.State.FailedAttempts == 3, "three attempts failed");
        Assert.Contains("after 3 failed attempts: Could not connect to server:7000", sequence.State.ToString());

        await using var server = await world.Start(connection => connection.Transport.Input.ReadAsync().AsTask());
        await connecting;

        Assert.Equal(ReconnectStatus.Connected, sequence.State.Status);
        await next.DisposeAsync();
        Assert.Equal(ReconnectStatus.Ended, sequence.State.Status);
    });

    private ReconnectSequence<ConnectionContext> Start(CancellationToken cancellationToken = default)
    {
        var sequence = new SockeyeClient(_options).ReconnectAsync("192.0.2.1", 7000, cancellationToken);
        sequence.OnStateChanged = _states.Add;
        return sequence;
    }

    private void Fail() => _transport.NextAttempt().Fail(SocketError.ConnectionRefused);

    private void Rest() => _time.Advance(_time.Timers.Last());
}
