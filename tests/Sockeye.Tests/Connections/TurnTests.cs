using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

public sealed class TurnTests
{
    private readonly AsyncLock _turn = new();

    [Fact]
    public void Only_one_has_the_turn()
    {
        Assert.True(_turn.TryAcquire());
        Assert.False(_turn.TryAcquire());
        Assert.False(WaitAsync().IsCompleted);

        _turn.Release(); // to the one who waits
        Assert.False(_turn.TryAcquire());
    }

    [Fact]
    public async Task Those_who_wait_have_it_in_the_order_they_came()
    {
        List<int> order = [];
        _turn.TryAcquire();
        var waiting = Enumerable.Range(0, 10).Select(TakeAsync).ToList();

        _turn.Release();
        await Task.WhenAll(waiting).Within();

        Assert.Equal(Enumerable.Range(0, 10), order);
        Assert.True(_turn.TryAcquire());

        async Task TakeAsync(int number)
        {
            await _turn.AcquireAsync(TestContext.Current.CancellationToken);
            order.Add(number);
            _turn.Release();
        }
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_turn_to_the_next()
    {
        using var impatience = new CancellationTokenSource();
        _turn.TryAcquire();
        var (first, second) = (WaitAsync(impatience.Token), WaitAsync());

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());
        _turn.Release();

        await second.Within();
        Assert.False(_turn.TryAcquire());
    }

    [Fact]
    public async Task Cancelled_token_takes_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WaitAsync(cancelled));

        Assert.True(_turn.TryAcquire());
    }

    private Task WaitAsync(CancellationToken? cancellationToken = null) =>
        _turn.AcquireAsync(cancellationToken ?? TestContext.Current.CancellationToken).AsTask();

    [Fact]
    public async Task Many_threads_never_have_it_at_once()
    {
        var (inside, most, turns) = (0, 0, 0);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(TakeManyAsync))).Within();

        Assert.Equal((1, 8000), (most, turns));

        async Task TakeManyAsync()
        {
            for (var i = 0; i < 1000; i++)
            {
                await _turn.AcquireAsync();
                most = Math.Max(most, ++inside);
                turns++;
                inside--;
                _turn.Release();
            }
        }
    }
}
