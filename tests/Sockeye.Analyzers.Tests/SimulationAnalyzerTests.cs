using Sockeye.Analyzers.Tests.Support;

namespace Sockeye.Analyzers.Tests;

public sealed class SimulationAnalyzerTests
{
    [Theory]
    [InlineData("[|Task.Run(() => { })|];")]
    [InlineData("await [|Task.Run(() => DateTime.UtcNow)|];")]
    [InlineData("[|Task.Factory.StartNew(() => { })|];")]
    [InlineData("[|new Thread(() => { })|].Start();")]
    [InlineData("[|ThreadPool.QueueUserWorkItem(_ => { })|];")]
    [InlineData("[|Parallel.For(0, 2, i => { })|];")]
    [InlineData("await [|Task.CompletedTask.ConfigureAwait(false)|];")]
    [InlineData("await [|Task.FromResult(1).ConfigureAwait(false)|];")]
    [InlineData("await [|new ValueTask().ConfigureAwait(ConfigureAwaitFalse)|];")]
    [InlineData("await [|Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)|];")]
    [InlineData("await [|stop.CancelAsync()|];")]
    [InlineData("""
        var queue = System.Threading.Channels.Channel.CreateUnbounded<int>();
        await foreach (var item in [|queue.Reader.ReadAllAsync()|]) { }
        """)]
    public Task Call_that_leaves_the_simulation_is_reported(string statements) =>
        AssertAsync(RuleIds.LeavesSimulation, statements);

    [Theory]
    [InlineData("await Task.CompletedTask.ConfigureAwait(true);")]
    [InlineData("await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext);")]
    [InlineData("stop.Cancel();")]
    [InlineData("Run(() => { }); void Run(Action action) => action();")]
    [InlineData("await Task.WhenAll(Task.CompletedTask, Task.CompletedTask);")]
    public Task Call_that_stays_in_the_simulation_passes(string statements) => AssertAsync(RuleIds.LeavesSimulation, statements);

    [Theory]
    [InlineData("await [|Task.Delay(1)|];")]
    [InlineData("await [|Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)|];")]
    [InlineData("await [|Task.CompletedTask.WaitAsync(TimeSpan.FromSeconds(1))|];")]
    [InlineData("Console.WriteLine([|DateTime.UtcNow|]);")]
    [InlineData("Console.WriteLine([|DateTimeOffset.Now|].Year);")]
    [InlineData("var now = [|Environment.TickCount64|];")]
    [InlineData("var watch = [|System.Diagnostics.Stopwatch.StartNew()|];")]
    [InlineData("using var wait = [|new CancellationTokenSource(100)|];")]
    [InlineData("using var wait = [|new CancellationTokenSource(TimeSpan.FromSeconds(1))|];")]
    [InlineData("using var timer = [|new PeriodicTimer(TimeSpan.FromSeconds(1))|];")]
    [InlineData("using var timer = [|new Timer(_ => { })|];")]
    [InlineData("[|Thread.Sleep(1)|];")]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1), [|TimeProvider.System|]);")]
    public Task Real_clock_is_reported(string statements) => AssertAsync(RuleIds.RealClock, statements);

    [Theory]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1), network.TimeProvider);")]
    [InlineData("await Task.CompletedTask.WaitAsync(TimeSpan.FromSeconds(1), network.TimeProvider);")]
    [InlineData("await Task.CompletedTask.WaitAsync(CancellationToken.None);")]
    [InlineData("using var wait = new CancellationTokenSource(TimeSpan.FromSeconds(1), network.TimeProvider);")]
    [InlineData("using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), network.TimeProvider);")]
    [InlineData("Console.WriteLine(DateTime.UnixEpoch + network.Elapsed);")]
    public Task Virtual_time_passes(string statements) => AssertAsync(RuleIds.RealClock, statements);

    [Theory]
    [InlineData("var i = [|Random.Shared|].Next();")]
    [InlineData("var random = [|new Random()|];")]
    [InlineData("Random random = [|new()|];")]
    [InlineData("var id = [|Guid.NewGuid()|];")]
    [InlineData("var bytes = [|System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)|];")]
    public Task Randomness_without_the_seed_is_reported(string statements) => AssertAsync(RuleIds.RandomWithoutSeed, statements);

    [Theory]
    [InlineData("var i = network.Random.Next();")]
    [InlineData("var random = new Random(network.Seed);")]
    [InlineData("var id = Guid.Empty;")]
    public Task Randomness_of_the_seed_passes(string statements) => AssertAsync(RuleIds.RandomWithoutSeed, statements);

    [Fact]
    public Task Handlers_local_functions_and_methods_of_a_run_are_simulated_code() => Analysis.AssertReportsAsync(
        RuleIds.RealClock,
        """
        using Sockeye;
        using Sockeye.Testing;

        SimulatedNetwork.Run(1, async network =>
        {
            var host = network.AddHost("a");
            await using var server = await SockeyeServer.StartAsync(options =>
            {
                options.Transport = host;
                options.ListenAnyIP(1).Run(async connection => await [|Task.Delay(1)|]);
            });
            await WaitAsync();

            static Task WaitAsync() => [|Task.Delay(2)|];
        });
        SimulatedNetwork.Explore(1..3, Test.RunAsync);

        static class Test
        {
            public static Task RunAsync(SimulatedNetwork network) => [|Task.Delay(3)|];
        }
        """);

    [Fact]
    public Task Code_outside_of_a_run_is_not_simulated_code() => Analysis.AssertReportsAsync(
        RuleIds.RealClock,
        """
        using Sockeye.Testing;

        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Task.Delay(1).ConfigureAwait(false);
        await Task.Run(() => Random.Shared.Next());
        SimulatedNetwork.Run(1, network => Task.CompletedTask);
        Console.WriteLine($"{watch.Elapsed} {Guid.NewGuid()}");
        """);

    [Theory]
    [InlineData("await Task.FromResult(1).ConfigureAwait(false);", "await Task.FromResult(1);")]
    [InlineData("await stop.CancelAsync();", "stop.Cancel();")]
    [InlineData("await Task.Delay(5);", "await Task.Delay(TimeSpan.FromMilliseconds(5), network.TimeProvider);")]
    [InlineData("await Task.Delay(time, stop.Token);", "await Task.Delay(time, network.TimeProvider, stop.Token);")]
    [InlineData("await Task.CompletedTask.WaitAsync(time);", "await Task.CompletedTask.WaitAsync(time, network.TimeProvider);")]
    [InlineData("using var wait = new CancellationTokenSource(time);",
        "using var wait = new CancellationTokenSource(time, network.TimeProvider);")]
    [InlineData("using PeriodicTimer timer = new(time);", "using PeriodicTimer timer = new(time, network.TimeProvider);")]
    [InlineData("var now = DateTime.UtcNow;", "var now = network.TimeProvider.GetUtcNow().UtcDateTime;")]
    [InlineData("var now = DateTimeOffset.UtcNow;", "var now = network.TimeProvider.GetUtcNow();")]
    [InlineData("var now = System.Diagnostics.Stopwatch.GetTimestamp();", "var now = network.TimeProvider.GetTimestamp();")]
    [InlineData("var i = Random.Shared.Next();", "var i = network.Random.Next();")]
    [InlineData("Random random = new();", "Random random = network.Random;")]
    public Task Fix_uses_what_the_simulation_has(string before, string after) =>
        Fixing.AssertFixesAsync(Program(before), Program(after));

    [Theory]
    [InlineData("await Task.Run(() => { });")]
    [InlineData("var id = Guid.NewGuid();")]
    [InlineData("var today = DateTime.Today;")]
    [InlineData("await WaitAsync(); static Task WaitAsync() => Task.Delay(1);")]
    public async Task No_fix_is_offered_where_the_way_out_is_not_clear(string statements) =>
        Assert.Null(await Fixing.FixAsync(Program(statements)));

    private static Task AssertAsync(string id, string statements) => Analysis.AssertReportsAsync(id, Program(statements));

    private static string Program(string statements) =>
        $$"""
        using Sockeye.Testing;

        SimulatedNetwork.Run(1, async network =>
        {
            var time = TimeSpan.FromSeconds(1);
            using var stop = new CancellationTokenSource();
            {{statements}}
        });

        partial class Program { const bool ConfigureAwaitFalse = false; }
        """;
}
