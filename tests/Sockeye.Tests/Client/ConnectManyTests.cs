using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

public sealed class ConnectManyTests
{
    private readonly ObservedTime _time = new();
    private readonly ScriptedTransport _transport;

    public ConnectManyTests() => _transport = new(_time);

    [Fact]
    public async Task As_many_connections_are_opened_as_asked_for()
    {
        _transport.OnAttempt = attempt => attempt.Accept();
        var connections = await Connect(500);
        Assert.Equal(500, connections.Distinct().Count());
        Assert.Equal(500, _transport.OpenCount);
    }

    [Fact]
    public async Task No_more_than_64_are_attempted_at_a_time()
    {
        var connecting = Connect(100);
        var attempts = Enumerable.Range(0, 64).Select(_ => _transport.NextAttempt()).ToList();
        _transport.AssertNoAttempt();
        attempts[0].Accept();
        attempts[1] = _transport.NextAttempt();
        _transport.AssertNoAttempt();
        attempts[1].Fail(SocketError.ConnectionRefused);
        await Assert.ThrowsAsync<ConnectException>(() => connecting);
    }

    [Fact]
    public async Task When_one_fails_the_rest_are_cancelled_those_that_stand_aborted_and_the_cause_is_thrown()
    {
        var connecting = Connect(4);
        var attempts = Enumerable.Range(0, 4).Select(_ => _transport.NextAttempt()).ToList();
        attempts[1].Accept();
        attempts[3].Accept();
        attempts[2].Fail(SocketError.ConnectionRefused);

        var error = await Assert.ThrowsAsync<ConnectException>(() => connecting);
        Assert.Equal(SocketError.ConnectionRefused, error.SocketError);
        Assert.True(attempts[0].IsCancelled);
        Assert.Equal(2, _transport.Opened.Count);
        Assert.Equal(0, _transport.OpenCount);
        Assert.All(_transport.Opened, connection => Assert.Equal(CloseCause.Abort, connection.CloseReason!.Cause));
    }

    [Fact]
    public async Task Cancelling_leaves_nothing_open()
    {
        using var cancel = new CancellationTokenSource();
        var connecting = NewClient().ConnectManyAsync("192.0.2.1", 7000, 2, cancel.Token);
        _transport.NextAttempt().Accept();
        var late = _transport.NextAttempt();
        late.IgnoresCancellation = true;
        cancel.Cancel();
        late.Accept();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal(2, _transport.Opened.Count);
        Assert.Equal(0, _transport.OpenCount);
    }

    [Fact]
    public async Task None_at_all_is_refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("count", () => Connect(0));

    private Task<IReadOnlyList<ConnectionContext>> Connect(int count) =>
        NewClient().ConnectManyAsync("192.0.2.1", 7000, count, TestContext.Current.CancellationToken);

    private SockeyeClient NewClient() =>
        new(options => (options.Transport, options.TimeProvider) = (_transport, _time));
}
