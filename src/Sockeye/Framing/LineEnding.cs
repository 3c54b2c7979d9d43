namespace Sockeye;

/// <summary>What ends a line.</summary>
public enum LineEnding
{
    /// <summary>
    /// LF. One CR before it belongs to the line end when reading, so that CR LF is understood too; LF alone is written.
    /// </summary>
    Lf,

    /// <summary>
    /// CR LF and nothing else, as SMTP (RFC 5321, section 2.3.8) and many others demand: a CR or an LF that stands alone is an
    /// error in both directions, since two programs that see different line ends can be played off against each other.
    /// </summary>
    CrLf,
}
