namespace Sockeye.Comparison.Contestants;

/// <summary>What .NET programs are told by their environment: the same for all but where completions run.</summary>
internal static class Environments
{
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    public static void Set(IDictionary<string, string?> environment, bool inlineCompletions)
    {
        // The steady state is what is compared, and it comes sooner when methods need not wait to be compiled anew.
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
