namespace Sockeye.Testing;

/// <summary>The control bits of a segment (RFC 9293, section 3.1).</summary>
[Flags]
public enum SegmentControl
{
    /// <summary>No control bit: only data.</summary>
    None = 0,

    /// <summary>Opens a connection.</summary>
    Syn = 1,

    /// <summary>Acknowledges received data.</summary>
    Ack = 2,

    /// <summary>Ends one direction.</summary>
    Fin = 4,

    /// <summary>Ends both directions at once.</summary>
    Rst = 8,
}
