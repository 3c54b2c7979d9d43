using System.Threading.Tasks.Sources;

namespace Sockeye.Tests.Pipes;

/// <summary>The wait at an end of a pipe: correct use, and misuse that must not throw where no caller catches.</summary>
public sealed class PipeWaitTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Continuation_runs_in_Complete_and_its_result_is_taken_once()
    {
        var end = new End();
        var version = end.Begin(Cancelled);
        var runs = 0;
        end.OnCompleted(version, () => runs++);
        Assert.True(end.TryEnd());
        Assert.Equal(0, runs);
        end.Complete();
        Assert.Equal(1, runs);
        Assert.Equal(ValueTaskSourceStatus.Succeeded, end.GetStatus(version));
        end.Take(version);
        Assert.Throws<InvalidOperationException>(() => end.Take(version));
    }

    [Fact]
    public void Wait_is_pending_until_its_result_is_taken()
    {
        var end = new End();
        Assert.False(end.IsPending);
        var version = end.Begin(Cancelled);
        Assert.True(end.IsPending);
        end.OnCompleted(version, () => Assert.True(end.IsPending));
        end.TryEnd();
        Assert.True(end.IsPending);
        end.Complete();
        Assert.True(end.IsPending);
        end.Take(version);
        Assert.False(end.IsPending);
    }

    [Fact]
    public void Task_that_was_dropped_makes_room_for_the_next_one_once_it_has_completed()
    {
        var end = new End();
        var dropped = end.Begin(Cancelled);
        end.TryEnd();
        Assert.True(end.IsPending);
        end.Complete();
        Assert.False(end.IsPending);
        var next = end.Begin(Cancelled);
        Assert.NotEqual(dropped, next);
        Assert.Equal(ValueTaskSourceStatus.Faulted, end.GetStatus(dropped));
        Assert.Throws<InvalidOperationException>(() => end.Take(dropped));
        end.TryEnd();
        end.Complete();
        end.Take(next);
    }

    [Fact]
    public async Task Second_continuation_runs_elsewhere_and_fails_there_while_the_first_goes_on()
    {
        var end = new End();
        var version = end.Begin(Cancelled);
        var first = 0;
        end.OnCompleted(version, () => first++);
        var second = new TaskCompletionSource();
        end.OnCompleted(version, () => Resolve(second, () => end.Take(version)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => second.Task);
        Assert.Equal(0, first);
        end.TryEnd();
        end.Complete();
        Assert.Equal(1, first);
        end.Take(version);
    }

    [Fact]
    public async Task Continuation_of_a_task_that_is_out_of_date_fails_elsewhere_and_the_wait_goes_on()
    {
        var end = new End();
        var old = end.Begin(Cancelled);
        end.TryEnd();
        end.Complete();
        var version = end.Begin(Cancelled);
        var stale = new TaskCompletionSource();
        end.OnCompleted(old, () => Resolve(stale, () => end.Take(old)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => stale.Task);
        Assert.True(end.IsPending);
        end.TryEnd();
        end.Complete();
        end.Take(version);
    }

    [Fact]
    public void Result_cannot_be_taken_before_the_wait_is_complete()
    {
        var end = new End();
        var version = end.Begin(Cancelled);
        Assert.Throws<InvalidOperationException>(() => end.Take(version));
        end.TryEnd();
        Assert.Throws<InvalidOperationException>(() => end.Take(version));
        end.Complete();
        end.Take(version);
    }

    [Fact]
    public void Token_cancels_its_own_wait_only()
    {
        using var old = new CancellationTokenSource();
        using var current = new CancellationTokenSource();
        var end = new End();
        var dropped = end.Begin(old.Token);
        end.TryEnd();
        end.Complete();
        var version = end.Begin(current.Token);
        Assert.Throws<InvalidOperationException>(() => end.Take(dropped));
        old.Cancel();
        Assert.Equal(ValueTaskSourceStatus.Pending, end.GetStatus(version));
        current.Cancel();
        var error = Assert.Throws<OperationCanceledException>(() => end.Take(version));
        Assert.Equal(current.Token, error.CancellationToken);
        Assert.False(end.IsPending);
    }

    private static void Resolve(TaskCompletionSource outcome, Action action)
    {
        try
        {
            action();
            outcome.SetResult();
        }
        catch (InvalidOperationException e)
        {
            outcome.SetException(e);
        }
    }

    /// <summary>An end of a pipe with nothing but its wait. A fired token completes it at once.</summary>
    private sealed class End
    {
        private PipeWait _wait = new();

        public bool IsPending
        {
            get
            {
                lock (_wait.Lock)
                    return _wait.IsPending;
            }
        }

        public short Begin(CancellationToken cancellationToken)
        {
            lock (_wait.Lock)
                return _wait.BeginLocked(this, static (end, token) => ((End)end!).Cancel(token), cancellationToken);
        }

        public bool TryEnd()
        {
            lock (_wait.Lock)
                return _wait.TryEndLocked();
        }

        public void Complete() => _wait.Complete();

        public void Take(short version)
        {
            _wait.StopCancelling(version);
            lock (_wait.Lock)
                _wait.TakeLocked(version);
        }

        public ValueTaskSourceStatus GetStatus(short version) => _wait.GetStatus(version);

        public void OnCompleted(short version, Action continuation) => _wait.OnCompleted(
            static action => ((Action)action!)(), continuation, version, ValueTaskSourceOnCompletedFlags.None);

        private void Cancel(CancellationToken token)
        {
            lock (_wait.Lock)
            {
                if (!_wait.TryCancelLocked(token))
                    return;
            }

            _wait.Complete();
        }
    }
}
