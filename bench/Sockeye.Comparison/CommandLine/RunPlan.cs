using System.CommandLine;
using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Running;
using Sockeye.Comparison.Scenarios;
using Sockeye.Comparison.Targets;

namespace Sockeye.Comparison.CommandLine;

/// <summary>What the command line asks for, as options of a run.</summary>
internal static class RunPlan
{
    /// <exception cref="PlatformNotSupportedException">There are not two processors to use.</exception>
    public static RunOptions FromArguments(ParseResult parsed, IReadOnlyList<int> allowedProcessors)
    {
        var quick = parsed.GetValue(Options.Quick);
        var targets = parsed.GetValue(Options.Targets);
        var processors = parsed.GetValue(Options.Processors) is { Length: 2 } asked ? asked : [.. allowedProcessors.Take(2)];
        if (processors.Length < 2 || processors.FirstOrDefault(one => !allowedProcessors.Contains(one), -1) is not -1)
        {
            throw new PlatformNotSupportedException(
                "The comparison needs two processors, one for the servers and one for the load; this process may use "
                + $"{string.Join(", ", allowedProcessors)}.");
        }

        return new()
        {
            Scenarios = Choose(
                ScenarioList.All, one => one.Name, parsed.GetValue(Options.Scenarios),
                targets ? TargetList.All.Select(target => target.Scenario) : null),
            Contestants = AddBaseline(parsed.GetValue(Options.Baseline), Choose(
                ContestantList.All, one => one.Name, parsed.GetValue(Options.Servers),
                targets
                    ? TargetList.All.SelectMany(target => (string?[])[target.Subject, target.Reference]).OfType<string>()
                    : null)),
            Rounds = parsed.GetValue(Options.Rounds) ?? (quick ? 3 : 5),
            Window = parsed.GetValue(Options.Window) ?? TimeSpan.FromSeconds(quick ? 0.3 : 0.6),
            WarmUp = parsed.GetValue(Options.WarmUp) ?? TimeSpan.FromSeconds(quick ? 0.7 : 2),
            Seed = parsed.GetValue(Options.Seed) ?? 1,
            ServerProcessor = processors[0],
            LoadProcessor = processors[1],
            LoadEngine = parsed.GetValue(Options.Load),
        };
    }

    private static IReadOnlyList<Contestant> AddBaseline(string? program, IReadOnlyList<Contestant> contestants) =>
        program is null
            ? contestants
            : [.. contestants.SelectMany(one => one.IsSockeye ? (Contestant[])[one, one.AsBaseline(program)] : [one])];

    private static IReadOnlyList<T> Choose<T>(
        IReadOnlyList<T> all, Func<T, string> name, string[]? asked, IEnumerable<string>? needed)
    {
        var names = asked is { Length: > 0 } ? asked : needed?.ToArray();
        return names is null ? all : [.. all.Where(one => names.Contains(name(one)))];
    }
}
