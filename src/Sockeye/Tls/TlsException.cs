namespace Sockeye;

/// <summary>TLS could not be agreed on with the peer. The message names it and says what is wrong and what helps.</summary>
public sealed class TlsException : IOException
{
    internal TlsException(TlsFailure failure, string message, Exception? innerException)
        : base(PrintableText.Escape(message), innerException) => Failure = failure;

    /// <summary>What it failed at.</summary>
    public TlsFailure Failure { get; }

    /// <summary>As of any exception, and safe to print: what the messages quote of the peer is escaped.</summary>
    public override string ToString() => PrintableException.GetText(this, base.ToString());
}
