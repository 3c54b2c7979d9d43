using System.Threading.Channels;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Network;

/// <summary>What code under test waits with, besides <c>await</c>: what works in a run, and what is named.</summary>
public sealed class CombinatorTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wait_for_an_answer_with_a_timeout_ends_with_the_answer(bool asynchronously) => Repeats(async network =>
    {
        var answer = Source(asynchronously);
        _ = AnswerAsync(network, answer, 3 * Second);

        Assert.Equal(42, await answer.Task.WaitAsync(10 * Second, network.TimeProvider));
        Assert.Equal(3 * Second, network.Elapsed);
        await network.Pause(20 * Second); // Its timer is gone.
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wait_for_an_answer_that_does_not_come_ends_with_the_timeout(bool asynchronously) => Repeats(async network =>
    {
        var answer = Source(asynchronously);

        await Assert.ThrowsAsync<TimeoutException>(() => answer.Task.WaitAsync(10 * Second, network.TimeProvider));

        Assert.Equal(10 * Second, network.Elapsed);
        answer.SetResult(1); // It comes too late.
        await network.Pause(Second);
    });

    [Fact]
    public void Wait_for_an_answer_ends_with_its_error_or_its_token() => Repeats(async network =>
    {
        var (failed, cancelled) = (Source(true), Source(true));
        using var stop = new CancellationTokenSource(2 * Second, network.TimeProvider);
        _ = FailAsync();

        await Assert.ThrowsAsync<FormatException>(() => failed.Task.WaitAsync(10 * Second, network.TimeProvider));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => cancelled.Task.WaitAsync(10 * Second, network.TimeProvider, stop.Token));
        Assert.Equal(2 * Second, network.Elapsed);

        async Task FailAsync()
        {
            await network.Pause(Second);
            failed.SetException(new FormatException("no number"));
        }
    });

    [Fact]
    public void Answers_that_come_at_once_go_on_in_one_order_in_every_run_of_a_seed()
    {
        Assert.Equal(OrderOf(7), OrderOf(7));

        static string OrderOf(int seed)
        {
            var order = "";
            SimulatedNetwork.Run(seed, async network =>
            {
                var answers = Enumerable.Range(0, 20).Select(_ => Source(true)).ToList();
                var waiting = Task.WhenAll(answers.Select(WaitAsync));
                await network.Pause(Second);
                answers.ForEach(answer => answer.SetResult(0));
                await waiting;

                async Task WaitAsync(TaskCompletionSource<int> answer, int number)
                {
                    await answer.Task.WaitAsync(10 * Second, network.TimeProvider);
                    order += $"{number} ";
                }
            });
            return order;
        }
    }

    [Fact]
    public void Source_without_a_result_may_be_waited_for_too() => Repeats(async network =>
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var setting = network.TimeProvider.CreateTimer(
            _ => done.SetResult(), null, Second, Timeout.InfiniteTimeSpan);

        await done.Task.WaitAsync(10 * Second, network.TimeProvider);
        Assert.Equal(Second, network.Elapsed);
    });

    [Fact]
    public void Delays_timers_and_tokens_of_virtual_time_work_with_all_combinators() => Repeats(async network =>
    {
        var time = network.TimeProvider;
        await Task.WhenAny(Task.Delay(Second, time), Task.Delay(2 * Second, time));
        await Task.WhenAll(Task.Delay(Second, time), network.Pause(3 * Second));
        using var stop = new CancellationTokenSource(Second, time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, time, stop.Token));
        using var timer = new PeriodicTimer(Second, time);
        Assert.True(await timer.WaitForNextTickAsync(CancellationToken.None));
        Assert.True(await timer.WaitForNextTickAsync(CancellationToken.None));

        Assert.Equal(7 * Second, network.Elapsed);
    });

    [Fact]
    public void Channels_and_semaphores_pass_between_tasks_of_the_run() => Repeats(async network =>
    {
        var channel = Channel.CreateBounded<int>(1);
        using var semaphore = new SemaphoreSlim(0);
        var writing = WriteAsync();
        List<int> read = [];
        while (await channel.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (channel.Reader.TryRead(out var number))
                read.Add(number);
        }

        await writing;
        Assert.Equal([0, 1, 2], read);
        var waiting = semaphore.WaitAsync(CancellationToken.None);
        await network.Pause(Second);
        semaphore.Release();
        await waiting;

        async Task WriteAsync()
        {
            for (var i = 0; i < 3; i++)
            {
                await network.Pause(Second);
                await channel.Writer.WriteAsync(i, CancellationToken.None);
            }

            channel.Writer.Complete();
        }
    });

    [Theory]
    [InlineData("WhenAny")]
    [InlineData("WhenAll")]
    public void Combinator_that_takes_an_end_through_the_thread_pool_is_named_as_that(string combinator)
    {
        var patient = new SimulationLimits { StragglerTimeout = TimeSpan.FromSeconds(30) };

        var named = Assert.Throws<SimulationException>(() => SimulatedNetwork.Run(1, patient, async network =>
        {
            var answer = Source(true);
            _ = AnswerAsync(network, answer, Second);
            await (combinator is "WhenAny" ? Task.WhenAny(answer.Task) : Task.WhenAll(answer.Task, Task.CompletedTask));
        }));

        Assert.Contains("TaskCompletionSource", named.Message, StringComparison.Ordinal);
        Assert.Contains(combinator, named.Message, StringComparison.Ordinal);
        Assert.Contains("WaitAsync(timeout, network.TimeProvider)", named.Message, StringComparison.Ordinal);
    }

    private static TaskCompletionSource<int> Source(bool asynchronously) =>
        new(asynchronously ? TaskCreationOptions.RunContinuationsAsynchronously : TaskCreationOptions.None);

    private static async Task AnswerAsync(SimulatedNetwork network, TaskCompletionSource<int> answer, TimeSpan after)
    {
        await network.Pause(after);
        answer.SetResult(42);
    }

    private static void Repeats(Func<SimulatedNetwork, Task> test)
    {
        for (var seed = 1; seed <= 20; seed++)
            SimulatedNetwork.Run(seed, test);
    }
}
