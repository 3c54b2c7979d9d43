using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Reports codecs that keep state between calls, where several connections use one.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
internal sealed class SharedCodecAnalyzer : DiagnosticAnalyzer
{
    private static readonly DiagnosticDescriptor Shared = Rule.Create(
        RuleIds.SharedCodecState,
        "A codec with state is shared by connections",
        "The connections of '{0}' share one codec, which keeps state in '{1}': keep the state in the message or the handler, or "
            + "return a decoder for each connection from ForConnection",
        "One codec serves many connections at the same time. State in it mixes the bytes of connections.");

    /// <summary>Calls that use one codec for many connections.</summary>
    private static readonly HashSet<string> Sharing =
    [
        "Sockeye.ListenOptionsMessageExtensions.Run",
        "Sockeye.SockeyeClientMessageExtensions.ReconnectAsync",
        "Sockeye.ClusterOptions.AddMessage",
    ];

    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Shared];

    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (start.Compilation.GetTypeByMetadataName(Names.FrameCodec) is not null)
                start.RegisterOperationAction(Analyze, OperationKind.Invocation);
        });
    }

    private static void Analyze(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod.Name is not ("Run" or "ReconnectAsync" or "AddMessage" or "AsMessages"))
            return;
        var isShared = Sharing.Contains(call.TargetMethod.GetMemberName());
        if (!isShared && call.TargetMethod.Name != "AsMessages")
            return;
        var state = new CodecState(context.Compilation, context.CancellationToken);
        foreach (var argument in call.Arguments)
        {
            var codec = argument.Value.Unwrap();
            if ((isShared || OutlivesConnection(codec)) && state.Find(FindCreation(codec, context)) is { } name)
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Shared, argument.Syntax.GetLocation(), call.TargetMethod.Name, name));
            }
        }
    }

    /// <summary>Whether the value is of a field, or of a variable around the handler that uses it.</summary>
    private static bool OutlivesConnection(IOperation codec)
    {
        if (codec is IFieldReferenceOperation { Field: { IsStatic: true } } field)
            return field.Field.IsReadOnly;
        if (codec.GetSymbol() is not ILocalSymbol local)
            return false;
        for (var current = codec.Parent; current is not null; current = current.Parent)
        {
            if (current is IAnonymousFunctionOperation { Symbol: var handler })
            {
                return handler.Parameters.Any(one => one.Type.DerivesFrom(Names.ConnectionContext))
                    && !local.ContainingSymbol.Is(handler);
            }
        }

        return false;
    }

    /// <summary>The expression that made the codec in a variable, if the variable has it from its declaration on.</summary>
    private static IOperation FindCreation(IOperation codec, OperationAnalysisContext context) =>
        codec.GetSymbol() is ILocalSymbol or IFieldSymbol { IsReadOnly: true }
        && codec.GetSymbol()!.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(context.CancellationToken)
            is VariableDeclaratorSyntax { Initializer.Value: { } value }
        && value.SyntaxTree == codec.Syntax.SyntaxTree
        && codec.SemanticModel?.GetOperation(value, context.CancellationToken) is { } creation
            ? creation.Unwrap()
            : codec;
}
