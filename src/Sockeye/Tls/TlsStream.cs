using System.Net.Security;

namespace Sockeye;

/// <summary>An <c>SslStream</c> that remembers what sentences about its failures need.</summary>
internal sealed class TlsStream(LowerConnection lower, PipeStream pipe, TlsRole role)
    : SslStream(pipe, leaveInnerStreamOpen: true)
{
    public LowerConnection Lower => lower;

    public PipeStream Pipe => pipe;

    public TlsRole Role => role;

    /// <summary>The name that the client asks for (SNI), on either side; null where it names none.</summary>
    public string? ServerName { get; set; }

    /// <summary>What was wrong with the peer's certificate; null where nothing was.</summary>
    public (TlsFailure Failure, string Sentence)? RefusedCertificate { get; set; }

    /// <summary>What the peer sent instead of TLS.</summary>
    public string? PlainText { get; set; }

    /// <summary>Why reading or writing failed after the handshake.</summary>
    public CloseReason ToCloseReason(Exception error)
    {
        if (lower.Reason is { IsOrderly: false } known)
            return known;
        if (pipe.HasEnded)
        {
            return new(ClosedBy.Peer, CloseCause.TlsError, CloseDirection.Both,
                "the peer ended in the middle of a TLS record: the end of what it sent is missing", error);
        }

        var (_, sentence) = TlsFailures.Describe(this, error);
        return new(ClosedBy.Peer, CloseCause.TlsError, CloseDirection.Both, sentence, error);
    }
}
