namespace Sockeye.Fleet.CommandLine;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>A line was lost or doubled, a count is wrong, or the run could not be made or was stopped.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot mean anything; a sentence on standard error names the value.</summary>
    public const int WrongUse = 2;
}
