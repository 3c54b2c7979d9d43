using Microsoft.CodeAnalysis;

namespace Sockeye.Analyzers;

/// <summary>Names of symbols, without regard to generic arguments and to the way in which an extension is called.</summary>
internal static class SymbolExtensions
{
    private static readonly SymbolDisplayFormat FullName = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);

    /// <summary>Gets the namespace and name of a type, without its type arguments.</summary>
    public static string GetFullName(this ITypeSymbol type) => type.OriginalDefinition.ToDisplayString(FullName);

    /// <summary>Gets the class that declares a member: for a member of an extension block, the static class around it.</summary>
    public static INamedTypeSymbol? GetDeclaringType(this ISymbol member)
    {
        var type = member.ContainingType;
        while (type is { IsExtension: true })
            type = type.ContainingType;
        return type;
    }

    /// <summary>Gets "Namespace.Type.Member".</summary>
    public static string GetMemberName(this ISymbol member) =>
        member.GetDeclaringType() is { } type ? $"{type.GetFullName()}.{member.Name}" : member.Name;

    /// <summary>Whether both are the same symbol.</summary>
    public static bool Is(this ISymbol? symbol, ISymbol? other) => SymbolEqualityComparer.Default.Equals(symbol, other);

    /// <summary>Whether the type is, or derives from, the type with the given full name.</summary>
    public static bool DerivesFrom(this ITypeSymbol? type, string fullName)
    {
        for (var current = type; current is not null; current = current.BaseType)
        {
            if (current.GetFullName() == fullName)
                return true;
        }

        return false;
    }

    /// <summary>Whether the type implements the interface with the given full name, or is it.</summary>
    public static bool Implements(this ITypeSymbol? type, string fullName) =>
        type is not null && (type.GetFullName() == fullName || type.AllInterfaces.Any(one => one.GetFullName() == fullName));
}
