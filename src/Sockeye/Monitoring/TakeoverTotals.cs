using System.Diagnostics.Metrics;

namespace Sockeye;

/// <summary>The takeovers of this process, for instruments that are read later: a listener of metrics often starts after
/// the server.</summary>
internal sealed class TakeoverTotals
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TakeoverOutcome, long> _outcomes = [];
    private readonly Dictionary<string, long> _connections = [];
    private TakeoverReport? _lastWithPauses;

    public void Add(TakeoverReport report)
    {
        lock (_lock)
        {
            _outcomes[report.Outcome] = _outcomes.GetValueOrDefault(report.Outcome) + 1;
            var isIn = report.Outcome is TakeoverOutcome.TookOver or TakeoverOutcome.PredecessorEnded;
            foreach (var (result, count) in ((string, int)[])
                [(isIn ? "moved_in" : "moved_out", report.Moved), ("stayed", report.Stayed), ("cut", report.Cut)])
            {
                if (count > 0)
                    _connections[result] = _connections.GetValueOrDefault(result) + count;
            }

            if (report.MaxPause is not null)
                _lastWithPauses = report;
        }
    }

    /// <summary>Measures the number of takeovers by outcome.</summary>
    public IEnumerable<Measurement<long>> Count()
    {
        lock (_lock)
        {
            return [.. _outcomes.Select(one =>
                new Measurement<long>(one.Value, new KeyValuePair<string, object?>("outcome", GetName(one.Key))))];
        }
    }

    private static string GetName(TakeoverOutcome outcome) => outcome switch
    {
        TakeoverOutcome.TookOver => "taken",
        TakeoverOutcome.PredecessorEnded => "predecessor_ended",
        TakeoverOutcome.HandedOver => "handed_over",
        TakeoverOutcome.Failed => "failed",
        _ => "refused",
    };

    /// <summary>Measures the number of connections by what became of them.</summary>
    public IEnumerable<Measurement<long>> CountConnections()
    {
        lock (_lock)
        {
            return [.. _connections.Select(one =>
                new Measurement<long>(one.Value, new KeyValuePair<string, object?>("result", one.Key)))];
        }
    }

    /// <summary>Measures the pauses of the last takeover whose connections came here.</summary>
    public IEnumerable<Measurement<double>> Pauses()
    {
        lock (_lock)
        {
            return _lastWithPauses is not { } last
                ? []
                : [Measure("0.5", last.MedianPause), Measure("0.99", last.P99Pause), Measure("1", last.MaxPause)];
        }

        static Measurement<double> Measure(string quantile, TimeSpan? pause) =>
            new(pause!.Value.TotalSeconds, new KeyValuePair<string, object?>("quantile", quantile));
    }
}
