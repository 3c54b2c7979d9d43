using Microsoft.AspNetCore.Connections;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Scenarios;

namespace Sockeye.Comparison.Running;

/// <summary>Runs all scenarios: builds the peers, starts all servers of a scenario, and measures them in rotation.</summary>
internal sealed class ComparisonRun(RunOptions options, IConnectionFactory factory, Progress progress, TimeProvider time)
{
    /// <summary>Why some cannot take part, by name.</summary>
    private readonly Dictionary<string, string> _skipped = [];

    /// <summary>Messages that were printed, to avoid repeating them in each scenario.</summary>
    private readonly HashSet<(string Name, string Problem)> _reported = [];

    /// <summary>What has been found out so far: a cancelled run can still be reported.</summary>
    public List<ScenarioResult> Results { get; } = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var contestant in options.Contestants.Where(contestant => contestant.Peer is not null))
        {
            var why = await PeerBuilder.BuildAsync(contestant.Peer!, progress.WriteLine, cancellationToken);
            if (why is null)
                continue;
            _skipped[contestant.Name] = why;
            progress.WriteLine($"{contestant.Title}: skipped, {why}");
        }

        _reported.UnionWith(_skipped.Select(skipped => (skipped.Key, $"skipped: {skipped.Value}")));
        progress.Start(options.Scenarios.Sum(scenario => scenario.Rows(options.Contestants).Count()) * (options.Rounds + 1));
        foreach (var scenario in options.Scenarios)
            await RunAsync(scenario, cancellationToken);
        progress.End();
    }

    private async Task RunAsync(Scenario scenario, CancellationToken cancellationToken)
    {
        var rows = scenario.Rows(options.Contestants)
            .Select(row => new RowRun(row.Contestant, row.Mode, scenario, options, factory, time)).ToList();
        Results.Add(new(scenario, [.. rows.Select(row => row.Result)]));
        var lacking = DescriptorLimit.Describe(scenario.Connections);
        try
        {
            foreach (var row in rows)
            {
                progress.Step(scenario, 0, row.Result);
                if ((_skipped.GetValueOrDefault(row.Result.Contestant.Name) ?? lacking) is { } why)
                    row.Result.Problem = $"skipped: {why}";
                else
                    await row.StartAsync(cancellationToken);
                LogProgress(scenario, row.Result);
            }

            var random = new Random(options.Seed);
            for (var round = 1; round <= options.Rounds; round++)
            {
                var order = rows.ToArray();
                random.Shuffle(order);
                foreach (var row in order)
                {
                    progress.Step(scenario, round, row.Result);
                    if (row.Result.Problem is not null)
                        continue;
                    await row.MeasureAsync(round, cancellationToken);
                    LogProgress(scenario, row.Result);
                }
            }
        }
        finally
        {
            foreach (var row in rows)
                await row.DisposeAsync();
        }
    }

    private void LogProgress(Scenario scenario, RowResult row)
    {
        if (row.Problem is { } problem && _reported.Add((row.Contestant.Name, problem)))
            progress.WriteLine($"{scenario.Name}, {row.Title}: {problem}");
    }
}
