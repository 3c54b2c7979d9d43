using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Uses of a handler's connection that need it to be open.</summary>
internal static class ConnectionUses
{
    /// <summary>Members that can be read after the end.</summary>
    private static readonly HashSet<string> Facts =
    [
        "Abort", "BytesReceived", "BytesSent", "CloseReason", "ConnectionClosed", "ConnectionId", "Equals", "GetHashCode",
        "Items", "LocalEndPoint", "ProxyHeader", "RemoteEndPoint", "StopRequested", "Tls", "ToString",
    ];

    /// <summary>Whether an operation, or one below it, reads or writes the connection, or passes it to other code.</summary>
    public static bool Any(IOperation operation, ISymbol connection) => operation.DescendantsAndSelf().Any(part =>
        part is IParameterReferenceOperation or ILocalReferenceOperation
        && part.GetSymbol().Is(connection)
        && NeedsOpen(part));

    /// <summary>Whether code can learn from an operation that the connection, or the server, ends.</summary>
    public static bool KnowsEnd(IOperation operation) => operation.DescendantsAndSelf().Any(part =>
        part is ILocalReferenceOperation or IParameterReferenceOperation or IMemberReferenceOperation
        && part.Type?.GetFullName() == "System.Threading.CancellationToken");

    private static bool NeedsOpen(IOperation reference) => reference.GetUser() switch
    {
        IPropertyReferenceOperation property => property.Property.Name == "Connection"
            ? NeedsOpen(property)
            : !Facts.Contains(property.Property.Name),
        IInvocationOperation call => !Facts.Contains(call.TargetMethod.Name),
        IArgumentOperation { Parent: IInvocationOperation { TargetMethod: var method } } => !Facts.Contains(method.Name),
        IIsPatternOperation or IBinaryOperation or IInterpolationOperation => false,
        _ => true,
    };
}
