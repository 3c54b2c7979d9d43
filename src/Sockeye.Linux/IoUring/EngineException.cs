namespace Sockeye.Linux;

/// <summary>The kernel refused a call of io_uring. The message is a sentence with the call, the error and the way out.</summary>
internal sealed class EngineException(string call, int error, string message) : Exception(message)
{
    /// <summary>The system call, as <c>io_uring_setup</c>.</summary>
    public string Call { get; } = call;

    /// <summary>The errno.</summary>
    public int Error { get; } = error;

    /// <summary>An error with the sentence that <see cref="IoUringErrorText"/> has for it.</summary>
    public static EngineException From(string call, int error) => new(call, error, IoUringErrorText.Describe(call, error));
}
