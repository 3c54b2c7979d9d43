namespace Sockeye.Testing;

/// <summary>The active rules in the order in which they were added. The first verdict applies.</summary>
internal sealed class RuleList
{
    private readonly List<Func<SimulatedSegment, Verdict?>> _rules = [];

    public IDisposable Add(Func<SimulatedSegment, Verdict?> rule)
    {
        _rules.Add(rule);
        return new DisposableAction(() => _rules.Remove(rule));
    }

    public Verdict Evaluate(in SimulatedSegment segment)
    {
        foreach (var rule in _rules)
        {
            if (rule(segment) is { } verdict)
                return verdict;
        }

        return Verdict.Pass;
    }
}
