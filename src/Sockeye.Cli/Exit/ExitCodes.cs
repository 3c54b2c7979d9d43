namespace Sockeye.Cli;

/// <summary>The exit codes of the tool.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Refused, reset, timed out, or a wrong echo. A message on standard error states the reason.</summary>
    public const int Failed = 1;

    /// <summary>The command line is invalid. A message on standard error names the value.</summary>
    public const int WrongUse = 2;
}
