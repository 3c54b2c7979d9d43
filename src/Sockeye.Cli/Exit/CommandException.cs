namespace Sockeye.Cli;

/// <summary>Ends a command with a message on standard error and an exit code.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public int ExitCode => exitCode;
}
