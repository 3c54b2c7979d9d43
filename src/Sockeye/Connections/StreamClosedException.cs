namespace Sockeye;

/// <summary>A <see cref="StreamSocket"/> that is more than a socket has met its end, and knows why.</summary>
internal sealed class StreamClosedException(CloseReason reason, Exception? innerException = null)
    : IOException(reason.Description, innerException)
{
    public CloseReason Reason => reason;
}
