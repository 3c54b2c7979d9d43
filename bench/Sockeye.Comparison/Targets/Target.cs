using Sockeye.Comparison.Measuring;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Targets;

/// <summary>A figure of one server that is to be at most so much: of another server's, or as it is.</summary>
/// <param name="Scenario">Where it is measured.</param>
/// <param name="Subject">Whose figure it is.</param>
/// <param name="Reference">Whose figure it is divided by; null: none.</param>
/// <param name="Limit">The most that it may be.</param>
internal sealed record Target(string Scenario, string Subject, string? Reference, double Limit)
{
    public Figure Figure { get; init; } = Figure.Cpu;

    public ServerMode Mode { get; init; } = ServerMode.Echo;

    /// <summary>A codec is compared with bytes.</summary>
    public ServerMode ReferenceMode => Mode is ServerMode.Codec ? ServerMode.Echo : Mode;

    public TargetResult Judge(IReadOnlyList<ScenarioResult> results)
    {
        var scenario = results.FirstOrDefault(result => result.Scenario.Name == Scenario);
        var subject = scenario?.Row(Subject, Mode)?.GetSpread(Figure);
        var reference = Reference is null ? new Spread(1, 1, 1) : scenario?.Row(Reference, ReferenceMode)?.GetSpread(Figure);
        return new(this, subject?.Median / reference?.Median);
    }
}

/// <summary>What was measured of a target; null: nothing.</summary>
internal sealed record TargetResult(Target Target, double? Measured)
{
    public bool IsMissed => Measured > Target.Limit;

    public string Verdict => Measured is null ? "not measured" : IsMissed ? "missed" : "met";
}
