using System.Runtime.CompilerServices;

namespace Sockeye;

internal static class TaskExtensions
{
    /// <summary>Awaits the end of a task, whatever it is.</summary>
    public static ConfiguredTaskAwaitable WithoutThrowing(this Task task, bool keepsContext = true) => task.ConfigureAwait(
        ConfigureAwaitOptions.SuppressThrowing
        | (keepsContext ? ConfigureAwaitOptions.ContinueOnCapturedContext : ConfigureAwaitOptions.None));
}
