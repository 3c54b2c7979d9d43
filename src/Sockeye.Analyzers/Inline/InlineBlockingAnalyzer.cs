using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Reports calls that block in a handler that runs on an engine thread.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class InlineBlockingAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Blocks = Rule.Create(
        RuleIds.BlockingInlineHandler,
        "A call blocks in an inline handler",
        "'{0}' blocks the engine thread of this inline handler, and with it all connections of the thread: {1}, or do not set "
            + "UnsafePreferInlineScheduling",
        "With UnsafePreferInlineScheduling, a handler runs on the thread that receives and sends for many connections. While it "
            + "blocks, none of them is served.");

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Blocks];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Names.SocketTransportOptions) is not null)
                start.RegisterSemanticModelAction(Analyze);
        });
    }

    private static void Analyze(SemanticModelAnalysisContext context)
    {
        var (model, cancellationToken) = (context.SemanticModel, context.CancellationToken);
        var servers = new InlineServers(model, cancellationToken);
        if (servers.IsEmpty)
            return;
        var code = new HandlerCode(model, cancellationToken);
        foreach (var handler in HandlerFinder.Find(model, cancellationToken))
        {
            if (handler.Registration is not { } registration || !servers.Run(registration))
                continue;
            foreach (var operation in code.GetOperations(handler.Body))
            {
                if (BlockingCalls.Find(operation) is var (call, wayOut) && !IsComplete(operation))
                    context.ReportDiagnostic(Diagnostic.Create(Blocks, operation.Syntax.GetLocation(), call, wayOut));
            }
        }
    }

    /// <summary>Whether the body checks or awaits the task whose result it takes, so that the call may return at once.</summary>
    private static bool IsComplete(IOperation operation)
    {
        if (FindTask(operation)?.GetSymbol() is not { } task)
            return false;
        var root = operation;
        while (root.Parent is { } parent)
            root = parent;
        return root.Descendants().Any(other => other switch
        {
            IPropertyReferenceOperation { Property.Name: "IsCompleted" or "IsCompletedSuccessfully", Instance: { } instance } =>
                instance.GetSymbol().Is(task),
            IAwaitOperation { Operation: var awaited } => awaited.GetOwnOperations().Any(part => part.GetSymbol().Is(task)),
            _ => false,
        });
    }

    private static IOperation? FindTask(IOperation operation) => operation switch
    {
        IPropertyReferenceOperation { Instance: { } instance } => instance,
        IInvocationOperation { TargetMethod.Name: "GetResult", Instance: IInvocationOperation awaiter } => awaiter.Instance,
        IInvocationOperation { TargetMethod.Name: "Wait", Instance: { } instance } when instance.Type.IsTask() => instance,
        _ => null,
    };
}
