using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Sockeye.Testing;

/// <summary>Keeps continuations of <c>task.WaitAsync(timeout, time)</c> on the thread of the run.</summary>
/// <remarks>
/// If the task is of a <see cref="TaskCompletionSource"/> with RunContinuationsAsynchronously, as is usual, it completes the task
/// of WaitAsync through the thread pool, although both belong to the run. No public member avoids that, and the code under test
/// must not be written for the simulation. WaitAsync passes its task to the clock, as the state of its timer. This class detaches
/// the task there, and makes it continue where an <c>await</c> would. On a runtime with other names for the private members, it
/// does nothing, and the change of thread is reported like any other.
/// </remarks>
internal static class WaitWithTimeout
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.NonPublic;

    private static readonly ConcurrentDictionary<Type, FieldInfo?> Sources = new();
    private static readonly Action<Task, object>? Unhook = FindUnhook();
    private static readonly Action<object, Task>? PassOn = FindPassOn();

    /// <param name="state">The state of a timer that is being created.</param>
    public static void KeepOnContext(object? state)
    {
        if (state is not Task waiting || Unhook is null || PassOn is null
            || SourceOf(waiting) is not { IsCompleted: false } source
            || !source.CreationOptions.HasFlag(TaskCreationOptions.RunContinuationsAsynchronously))
            return;
        Unhook(source, waiting);
        source.GetAwaiter().UnsafeOnCompleted(() => PassOn(waiting, source));
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Without the field nothing is changed.")]
    private static Task? SourceOf(Task waiting) => Sources.GetOrAdd(
        waiting.GetType(),
        static type => type.Name.StartsWith("CancellationPromise", StringComparison.Ordinal) ? type.GetField("_task", Own) : null)
        ?.GetValue(waiting) as Task;

    private static Action<Task, object>? FindUnhook() => typeof(Task)
        .GetMethod("RemoveContinuation", Own, [typeof(object)])?.CreateDelegate<Action<Task, object>>();

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Without the method nothing is changed.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Without the method nothing is changed.")]
    private static Action<object, Task>? FindPassOn()
    {
        if (typeof(Task).Assembly.GetType("System.Threading.Tasks.ITaskCompletionAction")?.GetMethod("Invoke") is not { } invoke)
            return null;
        return (waiting, source) => invoke.Invoke(waiting, [source]);
    }
}
