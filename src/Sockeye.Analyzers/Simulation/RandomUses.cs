using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Uses of randomness that no seed repeats.</summary>
internal static class RandomUses
{
    private const string Generator = "System.Security.Cryptography.RandomNumberGenerator";

    /// <summary>Returns the text of a use of randomness; null for any other operation.</summary>
    public static string? Find(IOperation operation) => operation switch
    {
        IPropertyReferenceOperation { Property: { Name: "Shared", ContainingType: var type } }
            when type.GetFullName() == "System.Random" => "Random.Shared",
        IObjectCreationOperation { Type: { Name: "Random" } type, Arguments.Length: 0 }
            when type.GetFullName() == "System.Random" => "new Random()",
        IInvocationOperation { TargetMethod: { Name: "NewGuid" or "CreateVersion7", ContainingType: var type } method }
            when type.GetFullName() == "System.Guid" => $"Guid.{method.Name}",
        IInvocationOperation { TargetMethod: { IsStatic: true, ContainingType: var type } method }
            when type.GetFullName() == Generator => $"{type.Name}.{method.Name}",
        _ => null,
    };
}
