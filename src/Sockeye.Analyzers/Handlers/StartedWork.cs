using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Work that a handler starts with its connection and does not wait for.</summary>
internal sealed class StartedWork(SemanticModel model, Handler handler, CancellationToken cancellationToken)
{
    /// <summary>Whether a call starts work that uses the connection, and nothing waits for its end or ends it.</summary>
    public bool Is(IInvocationOperation call)
    {
        if (!IsForgotten(call) || ConnectionUses.KnowsEnd(call))
            return false;
        return StartingCalls.Contains(call) ? call.Arguments.Any(argument => Uses(argument.Value)) : IsEndless(call);
    }

    private bool Uses(IOperation value)
    {
        var function = value.Unwrap() switch
        {
            IAnonymousFunctionOperation lambda => lambda.Body,
            IMethodReferenceOperation { Method: { MethodKind: MethodKind.LocalFunction } method } =>
                HandlerFinder.FindBody(model, method, cancellationToken),
            _ => value,
        };
        return function is not null && ConnectionUses.Any(function, handler.Connection!) && !ConnectionUses.KnowsEnd(function);
    }

    /// <summary>Whether it calls an async function of the file that uses the connection in a loop without an end, so that it
    /// still runs when the handler ends.</summary>
    private bool IsEndless(IInvocationOperation call)
    {
        var method = call.TargetMethod.OriginalDefinition;
        if (!method.ReturnType.IsTask() || HandlerFinder.FindBody(model, method, cancellationToken) is not { } body
            || ConnectionUses.KnowsEnd(body))
            return false;
        var passed = call.Arguments
            .FirstOrDefault(argument => argument.Value.GetSymbol().Is(handler.Connection))?.Parameter?.OriginalDefinition;
        return body.GetOwnOperations().OfType<ILoopOperation>().Any(loop => IsEndless(loop)
            && (ConnectionUses.Any(loop, handler.Connection!) || (passed is not null && ConnectionUses.Any(loop, passed))));
    }

    /// <summary>Whether only an exception ends the loop, and it reads nothing from a connection, whose end would throw.</summary>
    private static bool IsEndless(ILoopOperation loop) =>
        loop is IWhileLoopOperation { Condition.ConstantValue: { HasValue: true, Value: true } }
            or IForLoopOperation { Condition: null }
        && !loop.Descendants().Any(part => part is IReturnOperation or IBranchOperation { BranchKind: not BranchKind.Continue }
            or IInvocationOperation { TargetMethod.Name: "ReadAllAsync" or "ReadAsync" or "ReadAtLeastAsync" });

    /// <summary>Whether the task of a call is discarded, or kept in a variable that is never used.</summary>
    private bool IsForgotten(IInvocationOperation call)
    {
        if (call.IsDiscarded())
            return true;
        return call.GetUser() is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: var local } }
            && !handler.Body.Descendants().OfType<ILocalReferenceOperation>().Any(reference => reference.Local.Is(local));
    }
}
