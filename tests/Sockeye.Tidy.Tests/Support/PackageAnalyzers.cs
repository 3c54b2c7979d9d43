using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Sockeye.Tidy.Tests.Support;

/// <summary>Runs the analyzers of the package over code that was compiled in memory.</summary>
internal static class PackageAnalyzers
{
    private static readonly ImmutableArray<DiagnosticAnalyzer> All =
    [
        .. typeof(Sockeye.Analyzers.RuleIds).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(DiagnosticAnalyzer)))
            .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!),
    ];

    /// <summary>Returns what the rules report, and the exception of an analyzer that failed.</summary>
    public static IReadOnlyList<Diagnostic> Run(Compilation compilation) =>
        [.. compilation.WithAnalyzers(All).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult()];
}
