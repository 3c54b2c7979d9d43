using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Sockeye.Testing;

/// <summary>Keeps <c>task.WaitAsync(timeout, time)</c> on the run's thread.</summary>
/// <remarks>
/// The task of a <see cref="TaskCompletionSource"/> that was made with RunContinuationsAsynchronously, as those that wait for an
/// answer mostly are, passes its end on to WaitAsync's own task through the thread pool, although both ends are in the run. No
/// public member avoids that, and the code under test must not be written for the simulation. WaitAsync shows its task to the
/// clock, as the state of its timer: here the task is unhooked, and continues where an <c>await</c> would. On a runtime whose
/// parts have other names nothing is changed, and the hop is named as any other.
/// </remarks>
internal static class WaitWithTimeout
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.NonPublic;

    private static readonly ConcurrentDictionary<Type, FieldInfo?> Sources = new();
    private static readonly Action<Task, object>? Unhook = FindUnhook();
    private static readonly Action<object, Task>? PassOn = FindPassOn();

    /// <param name="state">The state of a timer that is being made.</param>
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
