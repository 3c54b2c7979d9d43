namespace Sockeye.Comparison.CommandLine;

/// <summary>The exit codes of the programs that measure.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The result is bad (the help says when), or the run could not be made or was stopped.</summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid. A message on standard error names the value.</summary>
    public const int WrongUse = 2;
}
