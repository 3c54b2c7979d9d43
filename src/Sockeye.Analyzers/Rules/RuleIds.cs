namespace Sockeye.Analyzers;

/// <summary>The ids of the rules. An id is never used again for another rule, and code fixes find a rule by it.</summary>
internal static class RuleIds
{
    public const string PipeNotAdvanced = "SOCK001";
    public const string BlockingInlineHandler = "SOCK002";
    public const string LeavesSimulation = "SOCK003";
    public const string RealClock = "SOCK004";
    public const string RandomWithoutSeed = "SOCK005";
    public const string BorrowedMessageKept = "SOCK006";
    public const string UseAfterHandler = "SOCK007";
    public const string SharedCodecState = "SOCK008";

    /// <summary>The property of a diagnostic with the name of the simulated network, for code fixes.</summary>
    public const string Network = "Network";
}
