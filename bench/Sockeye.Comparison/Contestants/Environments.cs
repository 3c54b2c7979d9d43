namespace Sockeye.Comparison.Contestants;

/// <summary>The environment of .NET programs: the same for all, except for where completions run.</summary>
internal static class Environments
{
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static void Set(IDictionary<string, string?> environment, bool inlineCompletions)
    {
        // The steady state is what is compared, and it comes sooner when methods need not be compiled again.
        environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        environment["DOTNET_NOLOGO"] = "1";
        if (inlineCompletions)
            environment[InlineCompletions] = "1";
        else
            environment.Remove(InlineCompletions);
        // A run must not depend on what the shell happens to say.
        environment.Remove("SOCKEYE_ENGINE");
    }
}
