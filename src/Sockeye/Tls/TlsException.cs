namespace Sockeye;

/// <summary>The exception for a failed TLS handshake. The message names the peer, the cause and the remedy.</summary>
public sealed class TlsException : IOException, IExplainedException
{
    internal TlsException(TlsFailure failure, Explanation explanation, Exception? innerException)
        : base(explanation.ToString(), innerException) => (Failure, Explanation) = (failure, explanation);

    /// <summary>Gets the cause.</summary>
    public TlsFailure Failure { get; }

    /// <summary>Gets the message together with the option that decided the failure, for programs that name options
    /// differently.</summary>
    public Explanation Explanation { get; }

    /// <summary>Returns the text of the exception, which is safe to print: quoted text of the peer is escaped.</summary>
    public override string ToString() => PrintableException.GetText(this, base.ToString());
}
