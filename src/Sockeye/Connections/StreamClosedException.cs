namespace Sockeye;

/// <summary>The exception of a <see cref="StreamSocket"/> that has ended for a known reason, such as one of TLS.</summary>
internal sealed class StreamClosedException(CloseReason reason, Exception? innerException = null)
    : IOException(reason.Description, innerException)
{
    public CloseReason Reason => reason;
}
