using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>A handler of connections in a file.</summary>
/// <param name="function">The method, local function or lambda.</param>
/// <param name="body">Its body.</param>
/// <param name="registration">The call that makes it a handler; null for a handler class that the file does not register.</param>
internal sealed class Handler(IMethodSymbol function, IOperation body, IInvocationOperation? registration)
{
    public IMethodSymbol Function { get; } = function;

    public IOperation Body { get; } = body;

    public IInvocationOperation? Registration { get; } = registration;

    /// <summary>Gets whether it is a method of a handler class, of which an endpoint has one instance.</summary>
    public bool IsOfClass { get; } = function.ContainingType.DerivesFrom(Names.ConnectionHandler)
        && function.Name == "OnConnectedAsync";

    /// <summary>Gets the parameter with the connection.</summary>
    public IParameterSymbol? Connection { get; } = function.Parameters.FirstOrDefault(parameter =>
        parameter.Type.DerivesFrom(Names.ConnectionContext) || parameter.Type.DerivesFrom(Names.MessageConnection));
}
