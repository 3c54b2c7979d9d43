namespace Sockeye;

/// <summary>
/// The exception for a frame that cannot be read or written: it is too long, truncated, or breaks the codec's rules.
/// </summary>
/// <remarks>
/// When reading, it ends the messages of the connection, because the start of the next frame is unknown. When writing, it is
/// thrown before the first byte is written, and the connection remains usable.
/// </remarks>
public sealed class FrameException : IOException
{
    /// <summary>Creates an exception. For codecs of your own.</summary>
    /// <param name="error">The error in the frame.</param>
    /// <param name="message">A sentence that names the codec, the value found and the limit. It is escaped for printing
    /// (<see cref="PrintableText"/>).</param>
    /// <param name="innerException">The cause; null if there is none.</param>
    public FrameException(FrameError error, string message, Exception? innerException = null)
        : base(PrintableText.Escape(message), innerException) => Error = error;

    /// <summary>Gets the error in the frame.</summary>
    public FrameError Error { get; }

    /// <summary>Returns the text of the exception, which is safe to print: quoted text of the peer is escaped.</summary>
    public override string ToString() => PrintableException.GetText(this, base.ToString());

    internal static FrameException TooLong(object codec, string found) =>
        new(FrameError.TooLong, $"{codec}: {SentenceText.TrimFullStop(found)}.");

    internal static FrameException Malformed(object codec, string found, Exception? cause = null) =>
        new(FrameError.Malformed, $"{codec}: {SentenceText.TrimFullStop(found)}.", cause);
}
