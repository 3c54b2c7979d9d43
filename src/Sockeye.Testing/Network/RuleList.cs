namespace Sockeye.Testing;

/// <summary>The rules in force, in the order they were added: the first one with a verdict wins.</summary>
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
