using Sockeye.Testing;
using static Sockeye.Simulation.Tests.Network.Runs;

namespace Sockeye.Simulation.Tests.Network;

public sealed class ExplorationTests
{
    [Fact]
    public void Every_seed_runs_once_and_progress_counts_them()
    {
        var (seeds, counts) = (new List<int>(), new Counts());
        SimulatedNetwork.Explore(
            10..60,
            network =>
            {
                lock (seeds)
                    seeds.Add(network.Seed);
                return Task.CompletedTask;
            },
            counts);

        Assert.Equal(Enumerable.Range(10, 50), seeds.Order());
        Assert.Equal(Enumerable.Range(1, 50), counts.Seen.Select(progress => progress.Done).Order());
        Assert.All(counts.Seen, progress => Assert.Equal((50, 0), (progress.Total, progress.Failed)));
    }

    [Fact]
    public void A_failure_names_the_first_seed_and_shows_the_shortest_run()
    {
        var counts = new Counts();
        var failed = Fails(() => SimulatedNetwork.Explore(
            0..50,
            network =>
            {
                for (var note = network.Seed == 30 ? 1 : 10; note > 0; note--)
                    network.Note($"note of {network.Seed}");
                Assert.True(network.Seed is not (7 or 30 or 31), $"{network.Seed} is unlucky");
                return Task.CompletedTask;
            },
            counts));

        Assert.StartsWith("3 of 50 seeds failed, the first is 7;", failed.Message, StringComparison.Ordinal);
        Assert.Contains("fewest events is 30. Failed: 7, 30, 31.", failed.Message, StringComparison.Ordinal);
        Assert.Contains("30 is unlucky", failed.Message, StringComparison.Ordinal);
        Assert.Contains("note of 30", failed.Message, StringComparison.Ordinal);
        Assert.Equal(3, counts.Seen.Max(progress => progress.Failed));
    }

    [Fact]
    public void A_reporter_that_throws_fails_the_exploration_not_the_process()
    {
        var failed = Fails(() => SimulatedNetwork.Explore(0..5, _ => Task.CompletedTask, new Thrower()));
        Assert.Contains("no paper", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Seeds_need_a_beginning_and_a_later_end()
    {
        Assert.Throws<ArgumentException>(() => SimulatedNetwork.Explore(5..5, _ => Task.CompletedTask));
        Assert.Throws<ArgumentException>(() => SimulatedNetwork.Explore(1.., _ => Task.CompletedTask));
    }

    private sealed class Counts : IProgress<ExplorationProgress>
    {
        private readonly List<ExplorationProgress> _seen = [];

        public IReadOnlyList<ExplorationProgress> Seen => _seen;

        public void Report(ExplorationProgress value)
        {
            lock (_seen)
                _seen.Add(value);
        }
    }

    private sealed class Thrower : IProgress<ExplorationProgress>
    {
        public void Report(ExplorationProgress value) => throw new InvalidOperationException("no paper");
    }
}
