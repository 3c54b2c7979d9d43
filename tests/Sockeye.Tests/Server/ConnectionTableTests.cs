using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Server;

public sealed class ConnectionTableTests
{
    private readonly ConnectionTable _table = new();

    [Fact]
    public void One_more_than_the_most_is_refused_until_another_goes()
    {
        var (first, second) = (NewConnection(), NewConnection());
        Assert.True(_table.TryAdd(first, most: 1));
        Assert.False(_table.TryAdd(second, most: 1));

        _table.Remove(first);

        Assert.True(_table.TryAdd(second, most: 1));
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public async Task Stop_ends_when_the_last_connection_is_gone()
    {
        var connection = NewConnection();
        _table.TryAdd(connection, most: 1);

        var drained = _table.RequestStop();
        Assert.False(drained.IsCompleted);
        _table.Remove(connection);

        await drained.Within();
    }

    [Fact]
    public async Task All_are_reached_while_others_come_and_go()
    {
        using var over = new CancellationTokenSource();
        var churning = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(Churn, CancellationToken.None)));

        var rounds = Rounds.Of(least: 500, most: 20_000);
        while (rounds.Next())
            _table.AbortAll(CloseReason.Stopped);
        await over.CancelAsync();

        await churning.Within();
        Assert.Equal(0, _table.Count);

        void Churn()
        {
            var connections = Enumerable.Range(0, 8).Select(_ => NewConnection()).ToList();
            while (!over.IsCancellationRequested)
            {
                connections.ForEach(connection => _table.TryAdd(connection, int.MaxValue));
                connections.ForEach(_table.Remove);
            }
        }
    }

    private ServerConnection NewConnection() => new(
        MemoryConnection.CreatePair().Server,
        new(new ScriptedListener(), new(new SockeyeServerOptions().ListenLocalhost(0), _ => Task.CompletedTask, [], [], null),
            default),
        _table, history: null, PipeScheduler.ThreadPool, TimeProvider.System, NullLogger.Instance);
}
