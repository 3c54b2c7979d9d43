using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Reports a read of a pipe that can be followed by another one, without an AdvanceTo between them.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class PipeAdvanceAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor NotAdvanced = Rule.Create(
        RuleIds.PipeNotAdvanced,
        "A pipe is read again before it is advanced",
        "'{0}' can be read again without an AdvanceTo after this read: call '{0}.AdvanceTo' on every path to the next read",
        "A read of a pipe lends its bytes, and AdvanceTo returns them. A read before that throws InvalidOperationException.");

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [NotAdvanced];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Names.PipeReader) is not null)
                start.RegisterOperationBlockAction(Analyze);
        });
    }

    private static void Analyze(OperationBlockAnalysisContext context)
    {
        foreach (var block in context.OperationBlocks)
        {
            if (!block.Descendants().OfType<IInvocationOperation>().Any(PipeCalls.IsRead))
                continue;
            if (block is IBlockOperation or IMethodBodyOperation or IConstructorBodyOperation)
                AnalyzeGraph(context, context.GetControlFlowGraph(block), new(context.OwningSymbol, block));
        }
    }

    private static void AnalyzeGraph(OperationBlockAnalysisContext context, ControlFlowGraph graph, ReaderScope scope)
    {
        var readers = new HashSet<ReaderPath>();
        foreach (var operation in graph.Blocks.SelectMany(PathSearch.EvaluationOrder))
        {
            if (operation is IFlowAnonymousFunctionOperation lambda)
                AnalyzeGraph(context, graph.GetAnonymousFunctionControlFlowGraphInScope(lambda), scope);
            else if (operation is IInvocationOperation call && PipeCalls.IsRead(call) && scope.FindReader(call) is { } reader)
                readers.Add(reader);
        }

        foreach (var reader in readers.Where(reader => !scope.Escapes(reader)))
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            foreach (var read in new PathSearch(graph, scope, reader).Run())
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    NotAdvanced, read.Syntax.GetLocation(), read.Instance!.Syntax.ToString()));
            }
        }

        foreach (var function in graph.LocalFunctions)
            AnalyzeGraph(context, graph.GetLocalFunctionControlFlowGraphInScope(function), scope);
    }
}
