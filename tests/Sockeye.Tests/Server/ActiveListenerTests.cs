using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class ActiveListenerTests
{
    [Fact]
    public void One_more_than_the_most_is_refused_until_another_goes()
    {
        var (context, listener) = NewListener(maxConnections: 1);
        var (first, second) = (NewConnection(context, listener), NewConnection(context, listener));
        Assert.True(listener.TryAdd(first));
        Assert.False(listener.TryAdd(second));

        listener.Remove(first);

        Assert.True(listener.TryAdd(second));
        Assert.Equal((1, 1), (context.Limit.Count, listener.ServedCount));
    }

    [Fact]
    public async Task Drain_ends_when_the_last_connection_is_gone()
    {
        var (context, listener) = NewListener(maxConnections: 1);
        var connection = NewConnection(context, listener);
        listener.TryAdd(connection);

        var drained = NewDrain(context, listener).RunAsync(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
        Assert.False(drained.IsCompleted);
        listener.Remove(connection);

        await drained.Within();
    }

    [Fact]
    public async Task Drain_of_several_listeners_waits_for_each()
    {
        var (context, listener) = NewListener();
        var other = NewListener(context);
        var (first, second) = (NewConnection(context, listener), NewConnection(context, other));
        listener.TryAdd(first);
        other.TryAdd(second);

        var drained = NewDrain(context, listener, other)
            .RunAsync(Timeout.InfiniteTimeSpan, TestContext.Current.CancellationToken);
        listener.Remove(first);
        Assert.False(drained.IsCompleted);
        other.Remove(second);

        await drained.Within();
    }

    [Fact]
    public async Task All_are_reached_while_others_come_and_go()
    {
        var (context, listener) = NewListener();
        using var over = new CancellationTokenSource();
        var churning = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(Churn, CancellationToken.None)));

        var rounds = Rounds.Of(least: 500, most: 20_000);
        while (rounds.Next())
            ListenerDrain.AbortAll([listener], CloseReason.Stopped);
        await over.CancelAsync();

        await churning.Within();
        Assert.Equal((0, 0), (context.Limit.Count, listener.ServedCount));

        void Churn()
        {
            var connections = Enumerable.Range(0, 8).Select(_ => NewConnection(context, listener)).ToList();
            while (!over.IsCancellationRequested)
            {
                connections.ForEach(connection => listener.TryAdd(connection));
                connections.ForEach(listener.Remove);
            }
        }
    }

    [Fact]
    public void Connections_of_several_listeners_are_in_the_order_they_came()
    {
        var (context, listener) = NewListener();
        var other = NewListener(context);
        var came = Enumerable.Range(0, 20).Select(i => i % 3 == 0 ? other : listener)
            .Select(owner => (Listener: owner, Connection: NewConnection(context, owner))).ToList();
        foreach (var (owner, connection) in Enumerable.Reverse(came))
            owner.TryAdd(connection);

        Assert.Equal(came.Select(pair => pair.Connection), ListenerSet.InOrder([other, listener]));
    }

    private static ListenerDrain NewDrain(ServerContext context, params ActiveListener[] listeners) =>
        new(listeners, CloseReason.Stopped, CloseReason.Stopped, context);

    private static (ServerContext Context, ActiveListener Listener) NewListener(int maxConnections = 100_000)
    {
        var context = new ServerContext(ServerConfiguration.Create(new() { MaxConnections = maxConnections }));
        return (context, NewListener(context));
    }

    private static ActiveListener NewListener(ServerContext context) => new(
        new ScriptedListener(),
        new(new SockeyeServerOptions().ListenLocalhost(0), _ => Task.CompletedTask, [], [], null),
        context, new Random(1), default);

    private static ServerConnection NewConnection(ServerContext context, ActiveListener listener) =>
        new(MemoryConnection.CreatePair().Server, listener, context);
}
