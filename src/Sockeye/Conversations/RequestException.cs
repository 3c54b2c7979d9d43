namespace Sockeye;

/// <summary>The exception of a request that has no response.</summary>
/// <remarks>
/// <see cref="MayHaveBeenDone"/> decides whether to repeat the request: if it is false, no byte of the request was sent, and
/// repeating it is safe. If it is true, the peer may have carried it out; repeat only requests that have the same effect when
/// they are done twice.
/// </remarks>
public sealed class RequestException : IOException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="error">The reason.</param>
    /// <param name="mayHaveBeenDone">Whether the request was sent, so that the peer may have carried it out.</param>
    /// <param name="message">A sentence about the reason. It is escaped for printing (<see cref="PrintableText"/>).</param>
    /// <param name="innerException">The cause; null if there is none.</param>
    public RequestException(RequestError error, bool mayHaveBeenDone, string message, Exception? innerException = null)
        : base(PrintableText.Escape(message), innerException) => (Error, MayHaveBeenDone) = (error, mayHaveBeenDone);

    /// <summary>Gets the reason why the request has no response.</summary>
    public RequestError Error { get; }

    /// <summary>
    /// Gets whether the peer may have carried out the request. False means that the request was certainly not sent.
    /// </summary>
    public bool MayHaveBeenDone { get; }

    /// <summary>Returns the text of the exception, which is safe to print: quoted text of the peer is escaped.</summary>
    public override string ToString() => PrintableException.GetText(this, base.ToString());

    /// <summary>Creates an exception whose message ends with the fate of the request.</summary>
    internal static RequestException Create(RequestError error, bool wasSent, string why, Exception? cause = null) => new(
        error, wasSent,
        $"{SentenceText.TrimFullStop(why)}. "
            + (wasSent ? "The request was sent, and may have been done." : "The request was certainly not sent."),
        cause);
}
