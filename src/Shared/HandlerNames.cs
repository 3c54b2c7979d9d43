using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>What the log calls the code of a pipeline.</summary>
internal static class HandlerNames
{
    /// <summary>What the log calls a handler that is a delegate.</summary>
    public const string Handler = "handler";

    /// <summary>A method by its type and name, a local function by its name; a lambda has none.</summary>
    public static string GetName(Delegate code)
    {
        // A delegate that was made of another one: "new ConnectionDelegate(serve)" wraps serve.Invoke.
        while (code is { Target: Delegate inner, Method.Name: "Invoke" })
            code = inner;
        var method = code.Method;
        if (GetLocalFunctionName(method.Name) is { } name)
            return name;
        var isLambda = method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) || method.Name.StartsWith('<');
        return isLambda || method.DeclaringType is not { } type ? "a lambda" : $"{GetName(type)}.{method.Name}";
    }

    /// <summary>The name as C# has it, without namespaces: <c>Greeter&lt;Order&gt;</c>.</summary>
    public static string GetName(Type type)
    {
        var name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(GetName))}>" : name;
    }

    /// <summary>The compiler calls the local function Serve of Start <c>&lt;Start&gt;g__Serve|0_1</c>.</summary>
    private static string? GetLocalFunctionName(string method)
    {
        const string Mark = ">g__";
        return method.StartsWith('<') && method.IndexOf(Mark, StringComparison.Ordinal) is >= 0 and var at
            ? method[(at + Mark.Length)..].Split('|')[0]
            : null;
    }
}
