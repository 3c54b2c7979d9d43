using System.Collections.Concurrent;

namespace Sockeye.Testing;

/// <summary>The progress of an exploration.</summary>
/// <param name="done">The number of seeds that were run.</param>
/// <param name="total">The total number of seeds.</param>
/// <param name="failed">The number of seeds that failed so far.</param>
public sealed class ExplorationProgress(int done, int total, int failed)
{
    /// <summary>Gets the number of seeds that were run.</summary>
    public int Done => done;

    /// <summary>Gets the total number of seeds.</summary>
    public int Total => total;

    /// <summary>Gets the number of seeds that failed so far.</summary>
    public int Failed => failed;

    /// <summary>Returns the progress as text, such as "120 of 1000 seeds, 0 failed".</summary>
    public override string ToString() => $"{done} of {total} seeds, {failed} failed";
}

/// <summary>Runs a test with many seeds, on all processors, and keeps the failures.</summary>
internal sealed class Exploration(
    SimulationLimits limits, Func<SimulatedNetwork, Task> test, IProgress<ExplorationProgress>? progress)
{
    private readonly ConcurrentBag<(SimulatedNetwork Network, Exception Failure)> _failures = [];
    private Exception? _progressFailure;
    private int _done;

    public void Run(IReadOnlyList<int> seeds)
    {
        // Threads rather than tasks: each run needs a thread on which nothing else runs.
        var next = -1;
        var threads = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, seeds.Count)).Select(_ => new Thread(() =>
        {
            while (Interlocked.Increment(ref next) is var index && index < seeds.Count)
                RunOne(seeds[index], seeds.Count);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        ThrowIfFailed(seeds.Count);
        if (_progressFailure is not null)
            throw new SimulationException($"The progress reporter threw: {_progressFailure.Message}", _progressFailure);
    }

    private void RunOne(int seed, int total)
    {
        var (network, failure) = SimulatedNetwork.TryRun(seed, limits, test);
        if (failure is not null)
            _failures.Add((network, failure));
        try
        {
            progress?.Report(new(Interlocked.Increment(ref _done), total, _failures.Count));
        }
        catch (Exception thrown)
        {
            _progressFailure ??= thrown; // Thrown here, it would end the process. The caller gets it after all seeds have run.
        }
    }

    private void ThrowIfFailed(int total)
    {
        if (_failures.IsEmpty)
            return;
        var first = _failures.MinBy(failed => failed.Network.Seed);
        var shortest = _failures.OrderBy(failed => failed.Network.EventCount).ThenBy(failed => failed.Network.Seed).First();
        var others = string.Join(", ", _failures.Select(failed => failed.Network.Seed).Order().Take(20));
        throw new SimulationException(
            $"{_failures.Count} of {total} seeds failed, the first is {first.Network.Seed}; the one with the fewest events is "
                + $"{shortest.Network.Seed}. Failed: {others}{(_failures.Count > 20 ? ", …" : "")}.{Environment.NewLine}"
                + shortest.Network.CreateException(shortest.Failure).Message,
            shortest.Failure);
    }
}
