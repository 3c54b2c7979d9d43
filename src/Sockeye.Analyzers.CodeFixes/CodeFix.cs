using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace Sockeye.Analyzers.CodeFixes;

/// <summary>A code fix that replaces one node of the file by another one.</summary>
internal abstract class CodeFix(string id) : CodeFixProvider
{
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [id];

    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (model is null)
            return;
        var root = await model.SyntaxTree.GetRootAsync(context.CancellationToken).ConfigureAwait(false);
        foreach (var diagnostic in context.Diagnostics)
        {
            var node = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            if (Find(new(node, model, diagnostic, context.CancellationToken)) is not var (title, replaced, replacement))
                continue;
            var fixedRoot = root.ReplaceNode(replaced, replacement);
            context.RegisterCodeFix(
                CodeAction.Create(title, _ => Task.FromResult(context.Document.WithSyntaxRoot(fixedRoot)), GetType().Name),
                diagnostic);
        }
    }

    /// <summary>Returns the title of the fix, the node to replace, and its replacement; null if there is no clear fix.</summary>
    protected abstract (string Title, SyntaxNode Node, SyntaxNode Replacement)? Find(Reported reported);

    /// <summary>The node that a rule reported, with the meaning of its file.</summary>
    protected sealed record Reported(
        SyntaxNode Node, SemanticModel Model, Diagnostic Diagnostic, CancellationToken CancellationToken);
}
