using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>The names of handlers and middleware in the log.</summary>
internal static class HandlerNames
{
    /// <summary>The name of a handler that is a delegate.</summary>
    public const string Handler = "handler";

    /// <summary>Returns type and name of a method, or the name of a local function. A lambda has no name.</summary>
    public static string GetName(Delegate code)
    {
        // A delegate may wrap another one: "new ConnectionDelegate(serve)" wraps serve.Invoke.
        while (code is { Target: Delegate inner, Method.Name: "Invoke" })
            code = inner;
        var method = code.Method;
        if (GetLocalFunctionName(method.Name) is { } name)
            return name;
        var isLambda = method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) || method.Name.StartsWith('<');
        return isLambda || method.DeclaringType is not { } type ? "a lambda" : $"{GetName(type)}.{method.Name}";
    }

    /// <summary>Returns the name as in C#, without namespaces: <c>Greeter&lt;Order&gt;</c>.</summary>
    public static string GetName(Type type)
    {
        var name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(GetName))}>" : name;
    }

    /// <summary>Returns the name of a local function; null for any other method. The compiler names the local function Serve of
    /// Start <c>&lt;Start&gt;g__Serve|0_1</c>.</summary>
    private static string? GetLocalFunctionName(string method)
    {
        const string Mark = ">g__";
        return method.StartsWith('<') && method.IndexOf(Mark, StringComparison.Ordinal) is >= 0 and var at
            ? method[(at + Mark.Length)..].Split('|')[0]
            : null;
    }
}
