namespace Sockeye.Cli;

/// <summary>What the tool tells the shell.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Refused, reset, timed out, a wrong echo; one sentence on standard error says which.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot mean anything; a sentence on standard error names the value.</summary>
    public const int WrongUse = 2;
}
