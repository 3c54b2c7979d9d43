using System.Runtime.CompilerServices;

namespace Sockeye;

internal static class TaskExtensions
{
    /// <summary>Awaits the end of a task, without the exception of a failed or cancelled one.</summary>
    public static ConfiguredTaskAwaitable WithoutThrowing(this Task task, bool keepsContext = true) => task.ConfigureAwait(
        ConfigureAwaitOptions.SuppressThrowing
        | (keepsContext ? ConfigureAwaitOptions.ContinueOnCapturedContext : ConfigureAwaitOptions.None));
}
