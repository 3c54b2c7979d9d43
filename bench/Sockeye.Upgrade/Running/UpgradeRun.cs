using System.Globalization;
using HdrHistogram;

namespace Sockeye.Upgrade.Running;

/// <summary>Upgrades the servers of one engine, one after the other, under load.</summary>
internal sealed class UpgradeRun(string engine, int connections, int upgrades, TimeSpan interval, TimeProvider time)
{
    /// <summary>The time between upgrades, in which each connection has an answer.</summary>
    private readonly TimeSpan _rest = interval + TimeSpan.FromMilliseconds(200);

    private readonly LongHistogram _pauses = CreateHistogram();
    private readonly LongHistogram _takeovers = CreateHistogram();

    public async Task<UpgradeResult> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("sockeye-upgrade-");
        var path = Path.Combine(folder.FullName, "takeover.sock");
        var node = await NodeProcess.StartAsync(engine, "0,0", path, time, cancellationToken);
        try
        {
            var load = new ClientLoad(node.Ports, interval, time);
            await load.ConnectAsync(connections, cancellationToken);
            load.Visit();
            await Task.Delay(_rest, time, cancellationToken);
            for (var i = 1; i <= upgrades; i++)
                node = await UpgradeAsync(i, node, path, cancellationToken);
            await load.EndVisitsAsync();
            var count = await CountAsync(node, cancellationToken);
            await load.EndAsync();
            return new(engine, connections, upgrades)
            {
                Pauses = _pauses, Answers = load.Answers, Takeovers = _takeovers, Visits = load.Visits,
                FailedConnects = load.FailedConnects, Lost = load.Lost, Wrong = load.Wrong, InLastProcess = count,
            };
        }
        finally
        {
            node.Dispose();
            folder.Delete(recursive: true);
        }
    }

    private async Task<NodeProcess> UpgradeAsync(
        int number, NodeProcess old, string path, CancellationToken cancellationToken)
    {
        var next = await NodeProcess.StartAsync(engine, old.Ports, path, time, cancellationToken);
        try
        {
            foreach (var pause in next.Pauses)
                _pauses.RecordValue(pause);
            _takeovers.RecordValue(next.Duration);
            var sorted = next.Pauses.Order().ToList();
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{engine}, upgrade {number} of {upgrades}: {sorted.Count} moved in {next.Duration / 1000.0:0} ms, "
                    + $"longest pause {sorted.LastOrDefault() / 1000.0:0.0} ms"));
            await old.EndAsync(cancellationToken);
            await Task.Delay(_rest, time, cancellationToken);
        }
        catch
        {
            next.Dispose();
            throw;
        }

        old.Dispose();
        return next;
    }

    /// <summary>Returns the number of connections when those of the last visitors have ended.</summary>
    private async Task<int> CountAsync(NodeProcess node, CancellationToken cancellationToken)
    {
        var count = 0;
        for (var attempts = 0; attempts < 50 && (count = await node.CountAsync(cancellationToken)) != connections; attempts++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
        return count;
    }

    private static LongHistogram CreateHistogram() =>
        new(highestTrackableValue: 3_600_000_000, numberOfSignificantValueDigits: 3);
}
