namespace Sockeye.Linux;

/// <summary>
/// The kernel refused a call without which the engine thread as a whole cannot go on. The message is a sentence with the call,
/// the error and the way out.
/// </summary>
internal sealed class EngineException(string call, int error, string message) : Exception(message)
{
    /// <summary>The system call, as <c>io_uring_setup</c>.</summary>
    public string Call { get; } = call;

    /// <summary>The errno.</summary>
    public int Error { get; } = error;
}
