using Sockeye.Nats;

namespace Sockeye.Clustering.Tests.Nats;

public sealed class ServerWatchTests
{
    private readonly Queue<TaskCompletionSource> _pings = new();
    private readonly ServerWatch _watch;

    public ServerWatchTests()
    {
        _watch = new(
            () =>
            {
                _pings.Enqueue(new());
                return _pings.Last().Task;
            },
            TimeSpan.FromSeconds(2), TimeProvider.System);
        Assert.False(_watch.EndInterval());
    }

    [Fact]
    public void Silence_is_noticed_in_the_third_interval_without_an_answer()
    {
        Assert.False(_watch.EndInterval());
        Assert.False(_watch.EndInterval());
        Assert.True(_watch.EndInterval());
        Assert.Single(_pings);
    }

    [Fact]
    public void Answer_to_a_ping_starts_the_count_again()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.False(_watch.EndInterval());
            Assert.False(_watch.EndInterval());
            _pings.Dequeue().SetResult();
            Assert.False(_watch.EndInterval());
        }

        Assert.False(_watch.EndInterval());
        Assert.False(_watch.EndInterval());
        Assert.True(_watch.EndInterval());
    }

    [Fact]
    public void Message_counts_as_an_answer()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.False(_watch.EndInterval());
            Assert.False(_watch.EndInterval());
            _watch.BeginMessage();
            _watch.EndMessage();
            Assert.False(_watch.EndInterval());
        }

        Assert.False(_watch.EndInterval());
        Assert.False(_watch.EndInterval());
        Assert.True(_watch.EndInterval());
    }

    [Fact]
    public void Receiver_that_is_busy_with_a_message_is_no_silence_of_the_server()
    {
        _watch.BeginMessage();
        for (var i = 0; i < 20; i++)
            Assert.False(_watch.EndInterval());
        _watch.EndMessage();

        Assert.False(_watch.EndInterval());
        Assert.False(_watch.EndInterval());
        Assert.False(_watch.EndInterval());
        Assert.True(_watch.EndInterval());
    }
}
