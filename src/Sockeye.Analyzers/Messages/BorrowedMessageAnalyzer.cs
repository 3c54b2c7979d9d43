using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Reports messages of <c>WithoutCopying</c> that are kept after the next one is read.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class BorrowedMessageAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Kept = Rule.Create(
        RuleIds.BorrowedMessageKept,
        "A borrowed message is kept",
        "{0} keeps a message that is a slice of the receive buffer, valid until the next one is read: keep a copy, 'ToArray()'",
        "WithoutCopying returns slices of the receive buffer. When the next message is read, the memory may already have bytes "
            + "of another message, or of another connection.");

    private static readonly HashSet<string> Collecting =
        ["ToArrayAsync", "ToListAsync", "ToHashSetAsync", "LastAsync", "LastOrDefaultAsync", "Chunk"];

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Kept];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Names.FrameCodec) is null)
                return;
            start.RegisterOperationAction(AnalyzeLoop, OperationKind.Loop);
            start.RegisterOperationAction(AnalyzeCall, OperationKind.Invocation);
        });
    }

    private static void AnalyzeLoop(OperationAnalysisContext context)
    {
        if (context.Operation is not IForEachLoopOperation foreachLoop || BorrowedLoop.Find(foreachLoop) is not { } loop)
            return;
        foreach (var operation in foreachLoop.Body.Descendants())
        {
            if (KeptMessage.Find(operation, loop) is { } keeper)
                Report(context, operation, keeper);
        }
    }

    private static void AnalyzeCall(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (Collecting.Contains(call.TargetMethod.Name) && call.GetReceiver() is { } source && BorrowedLoop.IsReadAll(source))
            Report(context, call, $"'{call.TargetMethod.Name}'");
    }

    private static void Report(OperationAnalysisContext context, IOperation operation, string keeper)
    {
        var text = $"{char.ToUpperInvariant(keeper[0])}{keeper.Substring(1)}";
        context.ReportDiagnostic(Diagnostic.Create(Kept, operation.Syntax.GetLocation(), text));
    }
}
