using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Sockeye.Analyzers;

/// <summary>Uses of the real clock: its time, and waits that it ends.</summary>
internal static class ClockUses
{
    private const string TimeProvider = "System.TimeProvider";

    private static readonly HashSet<string> Members =
    [
        "System.DateTime.Now",
        "System.DateTime.UtcNow",
        "System.DateTime.Today",
        "System.DateTimeOffset.Now",
        "System.DateTimeOffset.UtcNow",
        "System.Environment.TickCount",
        "System.Environment.TickCount64",
        "System.TimeProvider.System",
        "System.Diagnostics.Stopwatch.StartNew",
        "System.Diagnostics.Stopwatch.GetTimestamp",
        "System.Diagnostics.Stopwatch.GetElapsedTime",
        "System.Threading.Thread.Sleep",
    ];

    /// <summary>Waits that take a time, and a clock in another overload.</summary>
    private static readonly HashSet<string> Waits =
    [
        "System.Threading.Tasks.Task.Delay",
        "System.Threading.Tasks.Task.WaitAsync",
    ];

    /// <summary>Types of which an object that is created with a time, and without a clock, measures real time.</summary>
    private static readonly HashSet<string> Timers =
    [
        "System.Diagnostics.Stopwatch",
        "System.Threading.CancellationTokenSource",
        "System.Threading.PeriodicTimer",
        "System.Threading.Timer",
        "System.Timers.Timer",
    ];

    /// <summary>Returns the text of a use of the real clock; null for any other operation.</summary>
    public static string? Find(IOperation operation) => operation switch
    {
        IPropertyReferenceOperation { Property: var property } when Members.Contains(property.GetMemberName()) =>
            $"{property.ContainingType.Name}.{property.Name}",
        IInvocationOperation { TargetMethod: var method } when Members.Contains(method.GetMemberName())
            || (Waits.Contains(method.GetMemberName()) && TakesTimeOnly(method)) =>
            $"{method.ContainingType.Name}.{method.Name}",
        IObjectCreationOperation { Type: { } type, Constructor: { } constructor } when Timers.Contains(type.GetFullName())
            && (TakesTimeOnly(constructor) || type.Name is "Stopwatch" or "Timer") => $"new {type.Name}",
        _ => null,
    };

    private static bool TakesTimeOnly(IMethodSymbol method) =>
        method.Parameters.Any(parameter => parameter.Type.SpecialType is SpecialType.System_Int32 || IsTimeSpan(parameter.Type))
        && !method.Parameters.Any(parameter => parameter.Type.GetFullName() == TimeProvider);

    private static bool IsTimeSpan(ITypeSymbol type) => type.GetFullName() == "System.TimeSpan";
}
