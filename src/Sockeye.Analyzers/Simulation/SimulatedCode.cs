using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>
/// Finds whether code runs in a simulation: a function around it has a parameter of type <c>SimulatedNetwork</c>. Only a run
/// creates such an object, so only code of a run can pass one.
/// </summary>
internal static class SimulatedCode
{
    /// <summary>Returns the parameter that has the network; null if the operation is not in simulated code.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="container">The member around it.</param>
    /// <param name="isInScope">Whether the operation can name the parameter.</param>
    public static IParameterSymbol? FindNetwork(IOperation operation, ISymbol container, out bool isInScope)
    {
        isInScope = true;
        for (var current = operation.Parent; current is not null; current = current.Parent)
        {
            var function = (current as IAnonymousFunctionOperation)?.Symbol ?? (current as ILocalFunctionOperation)?.Symbol;
            if (function is null)
                continue;
            if (FindNetwork(function) is { } network)
            {
                isInScope &= network.Name != "_";
                return network;
            }

            isInScope &= !function.IsStatic;
            // Code that already left is reported where it left.
            if (current.GetUser() is IArgumentOperation { Parent: { } user } && LeavingCalls.Find(user) is not null)
                return null;
        }

        return container is IMethodSymbol method ? FindNetwork(method) : null;
    }

    private static IParameterSymbol? FindNetwork(IMethodSymbol function) =>
        function.Parameters.FirstOrDefault(parameter =>
            parameter.Type.Name == "SimulatedNetwork" && parameter.Type.GetFullName() == Names.SimulatedNetwork);
}
