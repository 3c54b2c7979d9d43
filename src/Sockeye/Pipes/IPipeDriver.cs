namespace Sockeye.Transports;

/// <summary>
/// The part of a connection that moves bytes between its pipes and its socket. An <see cref="InputPipe"/> and an
/// <see cref="OutputPipe"/> ask it for more.
/// </summary>
/// <remarks>Members are safe for use from any thread unless they say otherwise.</remarks>
public interface IPipeDriver
{
    /// <summary>Gets the number of bytes that have arrived, and that the handler has not examined, at which receiving
    /// pauses.</summary>
    int MaxReadBufferSize { get; }

    /// <summary>Gets the number of flushed and unsent bytes above which a flush waits.</summary>
    int MaxWriteBufferSize { get; }

    /// <summary>Gets the clock of the connection.</summary>
    TimeProvider TimeProvider { get; }

    /// <summary>Gets the time of the calls that fill or drain a pipe, as a timestamp of the clock. For the driver.</summary>
    long Now { get; }

    /// <summary>Rents a segment of at least the given size in bytes.</summary>
    PipeSegment Rent(int size);

    /// <summary>Asks to receive again, after receiving was paused.</summary>
    void RequestReceive();

    /// <summary>Asks to send flushed bytes, or FIN at their end.</summary>
    void RequestSend();

    /// <summary>Runs the continuation of a handler. Never on the caller's stack, unless the caller is the driver.</summary>
    void ResumeHandler(IThreadPoolWorkItem handler);

    /// <summary>Called when a read of the handler waits for the peer.</summary>
    void OnReadPending();

    /// <summary>
    /// Breaks the connection, because the handler completed its output with this error, or because its continuation threw it
    /// where no caller can catch it.
    /// </summary>
    void OnHandlerFailed(Exception exception);

    /// <summary>Asserts that the caller may fill and drain the pipes. Debug builds call it.</summary>
    void AssertDriving();
}
