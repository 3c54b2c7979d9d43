using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Sockeye.Analyzers;

/// <summary>Reports simulated code that leaves the simulation, uses the real clock, or is random without the seed.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class SimulationAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Leaves = Rule.Create(
        RuleIds.LeavesSimulation,
        "Simulated code leaves the simulation",
        "'{0}' leaves the simulation, which runs on one thread: {1}",
        "A simulation is one thread, whose seed selects the next continuation. Code on another thread runs at any time, so the "
            + "run cannot be repeated, and fails when that code touches the network, the virtual clock or an await of the run.");

    private static readonly DiagnosticDescriptor Clock = Rule.Create(
        RuleIds.RealClock,
        "Simulated code uses the real clock",
        "'{0}' uses the real clock, which the simulation does not control: use '{1}.TimeProvider'",
        "Virtual time jumps to the next timer. The real clock does not, so measured times differ in each run, and a wait for "
            + "real time ends outside the simulation.");

    private static readonly DiagnosticDescriptor Seed = Rule.Create(
        RuleIds.RandomWithoutSeed,
        "Simulated code is random without the seed",
        "'{0}' does not depend on the seed of the simulation: draw from '{1}.Random'",
        "One seed gives one run. Randomness from elsewhere gives different runs for one seed, so a failure cannot be repeated.");

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Leaves, Clock, Seed];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Names.SimulatedNetwork) is not null)
            {
                start.RegisterOperationAction(
                    Analyze, OperationKind.Invocation, OperationKind.ObjectCreation, OperationKind.PropertyReference);
            }
        });
    }

    private static void Analyze(OperationAnalysisContext context)
    {
        var operation = context.Operation;
        if (SimulatedCode.FindNetwork(operation, context.ContainingSymbol, out var isInScope) is not { } network)
            return;
        var name = network.Name == "_" ? "network" : network.Name;
        if (LeavingCalls.Find(operation) is var (call, wayOut))
            Report(Leaves, call, wayOut);
        else if (ClockUses.Find(operation) is { } clock)
            Report(Clock, clock, name);
        else if (RandomUses.Find(operation) is { } random)
            Report(Seed, random, name);

        void Report(DiagnosticDescriptor rule, params object[] arguments)
        {
            var properties = isInScope ? ImmutableDictionary<string, string?>.Empty.Add(RuleIds.Network, name) : null;
            context.ReportDiagnostic(Diagnostic.Create(rule, operation.Syntax.GetLocation(), properties, arguments));
        }
    }
}
