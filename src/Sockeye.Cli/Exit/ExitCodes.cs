namespace Sockeye.Cli;

/// <summary>The exit codes of the tool.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Refused, reset, timed out, or a wrong echo; a message on standard error explains which.</summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid; a message on standard error names the value.</summary>
    public const int WrongUse = 2;
}
