namespace Sockeye;

/// <summary>The bytes that a length field counts.</summary>
public enum LengthCounts
{
    /// <summary>The body: the bytes after the whole header.</summary>
    Body,

    /// <summary>The length field and everything after it, as in PostgreSQL.</summary>
    FromLengthField,

    /// <summary>The whole frame, as in SMPP.</summary>
    Frame,
}
