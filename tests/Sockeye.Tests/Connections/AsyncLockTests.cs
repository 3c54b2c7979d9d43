using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

public sealed class AsyncLockTests
{
    private readonly AsyncLock _lock = new();

    [Fact]
    public void Only_one_caller_has_the_lock()
    {
        Assert.True(_lock.TryAcquire());
        Assert.False(_lock.TryAcquire());
        Assert.False(WaitAsync().IsCompleted);

        _lock.Release(); // to the one who waits
        Assert.False(_lock.TryAcquire());
    }

    [Fact]
    public async Task Waiters_get_the_lock_in_the_order_they_came()
    {
        List<int> order = [];
        _lock.TryAcquire();
        var waiting = Enumerable.Range(0, 10).Select(TakeAsync).ToList();

        _lock.Release();
        await Task.WhenAll(waiting).Within();

        Assert.Equal(Enumerable.Range(0, 10), order);
        Assert.True(_lock.TryAcquire());

        async Task TakeAsync(int number)
        {
            await _lock.AcquireAsync(TestContext.Current.CancellationToken);
            order.Add(number);
            _lock.Release();
        }
    }

    [Fact]
    public async Task Cancelled_waiter_leaves_the_lock_to_the_next()
    {
        using var timeout = new CancellationTokenSource();
        _lock.TryAcquire();
        var (first, second) = (WaitAsync(timeout.Token), WaitAsync());

        await timeout.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Within());
        _lock.Release();

        await second.Within();
        Assert.False(_lock.TryAcquire());
    }

    [Fact]
    public async Task Cancelled_token_takes_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WaitAsync(cancelled));

        Assert.True(_lock.TryAcquire());
    }

    private Task WaitAsync(CancellationToken? cancellationToken = null) =>
        _lock.AcquireAsync(cancellationToken ?? TestContext.Current.CancellationToken).AsTask();

    [Fact]
    public async Task Many_threads_never_have_it_at_once()
    {
        var (inside, most, entries) = (0, 0, 0);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(TakeManyAsync))).Within();

        Assert.Equal((1, 8000), (most, entries));

        async Task TakeManyAsync()
        {
            for (var i = 0; i < 1000; i++)
            {
                await _lock.AcquireAsync();
                most = Math.Max(most, ++inside);
                entries++;
                inside--;
                _lock.Release();
            }
        }
    }
}
