using System.Reflection;
using Microsoft.CodeAnalysis;

namespace Sockeye.Analyzers;

/// <summary>Creates the descriptors of rules: warnings, on by default, with a link to their section of
/// docs/analyzers.md.</summary>
internal static class Rule
{
    private static readonly string Page = typeof(Rule).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(attribute => attribute.Key == "RulePage").Value;

    /// <param name="id">The id, from <see cref="RuleIds"/>.</param>
    /// <param name="title">The mistake, in a few words. It is also the heading of the rule's section.</param>
    /// <param name="message">The thing that is wrong, and the way out.</param>
    /// <param name="description">The reason.</param>
    public static DiagnosticDescriptor Create(string id, string title, string message, string description) => new(
        id,
        title,
        message,
        "Sockeye",
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description,
        $"{Page}#{id.ToLowerInvariant()}");
}
