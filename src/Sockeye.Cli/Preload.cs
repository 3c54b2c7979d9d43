using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Sockeye.Cli;

/// <summary>Loads what the tool may need later.</summary>
/// <remarks>
/// The runtime opens an assembly's file when its code is first needed. A server whose descriptors are used up by clients could not,
/// and would die of what it was about to do: warn, stop, or print the summary.
/// </remarks>
internal static class Preload
{
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What was trimmed away is not needed.")]
    public static void Everything()
    {
        if (!RuntimeFeature.IsDynamicCodeCompiled)
            return; // Compiled ahead of time: all code is in the program's own file.
        HashSet<string> seen = [];
        Queue<Assembly> open = new([typeof(Preload).Assembly]);
        while (open.TryDequeue(out var assembly))
        {
            foreach (var name in assembly.GetReferencedAssemblies())
            {
                if (seen.Add(name.FullName))
                    open.Enqueue(Assembly.Load(name));
            }
        }
    }
}
