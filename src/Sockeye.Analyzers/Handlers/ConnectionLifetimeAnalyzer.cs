using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Reports handlers whose connection is used, or kept, after they have ended.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class ConnectionLifetimeAnalyzer : DiagnosticAnalyzer
{
    private const string Description =
        "The server ends a connection when its handler ends. Code that uses it later gets errors, and an object that keeps it "
        + "keeps its memory.";

    private const string Title = "A connection is used after its handler has ended";

    private static readonly DiagnosticDescriptor Used = Rule.Create(
        RuleIds.UseAfterHandler,
        Title,
        "The work that '{0}' starts uses '{1}' after the handler has ended: await it in the handler",
        Description);

    private static readonly DiagnosticDescriptor Kept = Rule.Create(
        RuleIds.UseAfterHandler,
        Title,
        "'{0}' keeps '{1}' after the handler has ended: remove it in a finally block of the handler, or use a MessageGroup",
        Description);

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Used, Kept];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Names.ListenOptions) is not null)
                start.RegisterSemanticModelAction(Analyze);
        });
    }

    private static void Analyze(SemanticModelAnalysisContext context)
    {
        var (model, cancellationToken) = (context.SemanticModel, context.CancellationToken);
        foreach (var handler in HandlerFinder.Find(model, cancellationToken))
        {
            var work = new StartedWork(model, handler, cancellationToken);
            foreach (var operation in handler.Body.GetOwnOperations())
            {
                if (operation is IInvocationOperation call && work.Is(call))
                    Report(context, Used, operation, call.TargetMethod.Name, handler.Connection!);
                else if (StoredConnection.Find(operation, handler) is { } field)
                    Report(context, Kept, operation, field.Name, handler.Connection!);
            }
        }
    }

    private static void Report(
        SemanticModelAnalysisContext context, DiagnosticDescriptor rule, IOperation operation, string name, ISymbol connection) =>
        context.ReportDiagnostic(Diagnostic.Create(rule, operation.Syntax.GetLocation(), name, connection.Name));
}
