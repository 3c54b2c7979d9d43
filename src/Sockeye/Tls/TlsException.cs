namespace Sockeye;

/// <summary>The exception for a failed TLS handshake. The message names the peer, the cause and the remedy.</summary>
public sealed class TlsException : IOException
{
    internal TlsException(TlsFailure failure, string message, Exception? innerException)
        : base(PrintableText.Escape(message), innerException) => Failure = failure;

    /// <summary>Gets the cause.</summary>
    public TlsFailure Failure { get; }

    /// <summary>Returns the text of the exception, which is safe to print: quoted text of the peer is escaped.</summary>
    public override string ToString() => PrintableException.GetText(this, base.ToString());
}
