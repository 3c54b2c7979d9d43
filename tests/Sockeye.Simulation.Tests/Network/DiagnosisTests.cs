using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;
using static Sockeye.Simulation.Tests.Network.Runs;

namespace Sockeye.Simulation.Tests.Network;

/// <summary>A run that fails says why, and a mistake that would make it unrepeatable is named.</summary>
public sealed class DiagnosisTests
{
    [Fact]
    public void A_run_that_cannot_go_on_names_what_it_waits_for()
    {
        var stuck = Fails(() => Run(async (_, near, far) =>
        {
            var listener = await far.ListenAsync();
            var accepting = listener.AcceptAsync();
            var connection = await near.ConnectAsync(far);
            await accepting;
            var next = listener.AcceptAsync();
            await connection.HearAsync(1);
            await next;
        }));

        Assert.Contains("Nothing is left to do", stuck.Message, StringComparison.Ordinal);
        Assert.Contains("tasks wait on", stuck.Message, StringComparison.Ordinal);
        Assert.Contains($"far: AcceptAsync on [::]:{Port} waits for a client", stuck.Message, StringComparison.Ordinal);
        Assert.Contains($"-> 10.0.0.2:{Port} waits for data", stuck.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wait_for_what_nothing_completes_is_called_that()
    {
        var stuck = Fails(() => Run((_, _, _) => new TaskCompletionSource().Task));
        Assert.Contains("nothing in the run will complete", stuck.Message, StringComparison.Ordinal);
    }

    /// <summary>On a busy machine, a millisecond is over before the thread of the run has started.</summary>
    [Theory, InlineData(50), InlineData(1)]
    public void A_test_that_blocks_the_thread_is_an_error_and_no_hang(int maxStepMilliseconds)
    {
        using var never = new ManualResetEventSlim();
        var limits = new SimulationLimits { MaxStepTime = TimeSpan.FromMilliseconds(maxStepMilliseconds) };
        var blocked = Fails(() => SimulatedNetwork.Run(1, limits, _ =>
        {
            never.Wait(TestContext.Current.CancellationToken);
            return Task.CompletedTask;
        }));
        never.Set();

        Assert.Contains("something in it blocks", blocked.Message, StringComparison.Ordinal);
        Assert.Contains("Seed 1 failed after 00:00:00", blocked.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_reports_its_seed_the_time_and_the_last_events()
    {
        var failed = Fails(() => Run(
            async (network, _, _) =>
            {
                network.Note("a note");
                await network.Pause(TimeSpan.FromMinutes(1));
                throw new InvalidOperationException("a mistake");
            },
            seed: 4711));

        Assert.Contains("Seed 4711 failed after 00:01:00", failed.Message, StringComparison.Ordinal);
        Assert.Contains("a mistake", failed.Message, StringComparison.Ordinal);
        Assert.Contains("a note", failed.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(failed.InnerException);
    }

#pragma warning disable SOCK003 // Other threads are the mistake that is shown here.
    [Fact]
    public void Work_that_comes_back_from_the_thread_pool_is_named() =>
        IsForeign(async (network, _) =>
        {
            using var awaited = new ManualResetEventSlim();
            var releasing = ReleaseAsync();
            await Task.Run(awaited.Wait);
            await releasing;

            async Task ReleaseAsync()
            {
                await network.Pause(TimeSpan.FromSeconds(1));
                awaited.Set();
            }
        });

#pragma warning disable RS0030, SOCK004 // The real clock is the mistake that is shown here.
    [Fact]
    public void A_wait_for_the_real_clock_is_named() => IsForeign((_, _) => Task.Delay(TimeSpan.FromMilliseconds(50)));
#pragma warning restore RS0030, SOCK004

    [Fact]
    public void Code_that_leaves_the_context_is_named_when_it_comes_back() => IsForeign(async (network, host) =>
    {
        await Task.Yield();
        await Task.Run(() => network.TimeProvider.CreateTimer(_ => { }, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan))
            .ConfigureAwait(false);
        await host.ListenAsync();
    });

    [Fact]
    public void Calls_into_the_network_from_another_thread_are_named()
    {
        IsForeignCall((_, host) => host.ListenAsync().AsTask().GetAwaiter().GetResult());
        IsForeignCall((_, host) => host.Crash());
        IsForeignCall((_, host) => host.Pause());
        IsForeignCall((network, _) => network.AddHost("late"));
        IsForeignCall((network, _) => network.AddRule(_ => null));
        IsForeignCall((network, _) => network.Note("hello"));

        static void IsForeignCall(Action<SimulatedNetwork, SimulatedHost> call) => IsForeign(async (network, host) =>
        {
            var caller = new Thread(() => Assert.Throws<SimulationException>(() => call(network, host)));
            caller.Start();
            caller.Join();
            await network.Pause(TimeSpan.FromSeconds(1));
        });
    }

#pragma warning restore SOCK003

    [Fact]
    public void A_run_without_an_end_is_stopped_by_virtual_time()
    {
        var endless = Fails(() => SimulatedNetwork.Run(1, new() { MaxDuration = TimeSpan.FromDays(1) }, async network =>
        {
            while (true)
                await network.Pause(TimeSpan.FromHours(1));
        }));
        Assert.Contains("MaxDuration", endless.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_in_an_endless_loop_is_stopped_by_its_steps()
    {
        var circle = Fails(() => SimulatedNetwork.Run(1, new() { MaxSteps = 1000 }, async _ =>
        {
            while (true)
                await Task.Yield();
        }));
        Assert.Contains("MaxSteps", circle.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_trace_keeps_the_last_events_only() =>
        SimulatedNetwork.Run(1, new() { MaxTraceEvents = 3 }, network =>
        {
            foreach (var note in (string[])["one", "two", "three", "four"])
                network.Note(note);
            Assert.Equal(["two", "three", "four"], GetTexts(network.FormatTrace()));
            Assert.Equal(["four"], GetTexts(network.FormatTrace(last: 1)));
            return Task.CompletedTask;

            static IEnumerable<string> GetTexts(string trace) =>
                trace.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[^1]);
        });

    private static void IsForeign(Func<SimulatedNetwork, SimulatedHost, Task> test)
    {
        // As long as a busy machine may take to bring the mistake back.
        var patient = new SimulationLimits { StragglerTimeout = TimeSpan.FromSeconds(30) };
        var named = Fails(() => SimulatedNetwork.Run(1, patient, network => test(network, network.AddHost("near"))));
        Assert.Contains("another thread", named.Message, StringComparison.Ordinal);
        Assert.Contains("Task.Run", named.Message, StringComparison.Ordinal);
    }
}
