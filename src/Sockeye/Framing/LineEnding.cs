namespace Sockeye;

/// <summary>The end of a line.</summary>
public enum LineEnding
{
    /// <summary>
    /// LF. When reading, one CR before it is a part of the line end, so that CR LF is accepted as well. Writing produces LF.
    /// </summary>
    Lf,

    /// <summary>
    /// Only CR LF, as SMTP (RFC 5321, section 2.3.8) and other protocols require. A single CR or LF is an error in both
    /// directions: an attacker can exploit two programs that see different line ends.
    /// </summary>
    CrLf,
}
