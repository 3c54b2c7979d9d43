namespace Sockeye;

/// <summary>A frame could not be read or written: too long, cut off, or not as the codec demands.</summary>
/// <remarks>
/// When reading it ends that connection's messages, since nobody knows where the next frame begins. When writing it comes before
/// the first byte is written: the connection goes on.
/// </remarks>
public sealed class FrameException : IOException
{
    /// <summary>For codecs of your own.</summary>
    /// <param name="error">What is wrong.</param>
    /// <param name="message">A sentence that names the codec, the value found and the limit. It is escaped to be printed
    /// (<see cref="PrintableText"/>).</param>
    /// <param name="innerException">The error behind it, where there is one.</param>
    public FrameException(FrameError error, string message, Exception? innerException = null)
        : base(PrintableText.Escape(message), innerException) => Error = error;

    /// <summary>What is wrong.</summary>
    public FrameError Error { get; }

    /// <summary>As of any exception, and safe to print: what the messages quote of the peer is escaped.</summary>
    public override string ToString() => PrintableException.GetText(this, base.ToString());

    internal static FrameException TooLong(object codec, string found) =>
        new(FrameError.TooLong, $"{codec}: {SentenceText.TrimFullStop(found)}.");

    internal static FrameException Malformed(object codec, string found, Exception? cause = null) =>
        new(FrameError.Malformed, $"{codec}: {SentenceText.TrimFullStop(found)}.", cause);
}
