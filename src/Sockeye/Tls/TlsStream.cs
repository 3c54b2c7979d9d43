using System.Net.Security;

namespace Sockeye;

/// <summary>An <c>SslStream</c> with the data that descriptions of its failures need.</summary>
internal sealed class TlsStream(LowerConnection lower, PipeStream pipe, TlsRole role)
    : SslStream(pipe, leaveInnerStreamOpen: true)
{
    public LowerConnection Lower => lower;

    public PipeStream Pipe => pipe;

    public TlsRole Role => role;

    /// <summary>The name that the client requests (SNI), on either side; null if it requests none.</summary>
    public string? ServerName { get; set; }

    /// <summary>The fault of the peer's certificate; null if there is none.</summary>
    public (TlsFailure Failure, Explanation Explanation)? RefusedCertificate { get; set; }

    /// <summary>A description of the data that the peer sent instead of TLS.</summary>
    public Explanation? PlainText { get; set; }

    /// <summary>Returns the reason of an error of reading or writing after the handshake.</summary>
    public CloseReason ToCloseReason(Exception error)
    {
        if (lower.Reason is { IsOrderly: false } known)
            return known;
        if (pipe.HasEnded)
        {
            return new(ClosedBy.Peer, CloseCause.TlsError, CloseDirection.Both,
                "the peer ended in the middle of a TLS record: its data is truncated", error);
        }

        var (_, explanation) = TlsFailures.Describe(this, error);
        return new(ClosedBy.Peer, CloseCause.TlsError, CloseDirection.Both, explanation, error);
    }
}
