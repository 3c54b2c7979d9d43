namespace Sockeye.Linux;

/// <summary>
/// The exception for a refused system call without which an engine thread cannot run. The message is a sentence with the call,
/// the error and the remedy.
/// </summary>
internal sealed class EngineException(string call, int error, string message) : Exception(message)
{
    /// <summary>The system call, such as <c>io_uring_setup</c>.</summary>
    public string Call { get; } = call;

    /// <summary>The errno.</summary>
    public int Error { get; } = error;
}
