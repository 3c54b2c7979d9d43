namespace Sockeye.Comparison.CommandLine;

/// <summary>The exit codes of the program.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>With <c>--targets</c>: one was missed. Without: the run could not be made, or was stopped.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot mean anything; a sentence on standard error names the value.</summary>
    public const int WrongUse = 2;
}
