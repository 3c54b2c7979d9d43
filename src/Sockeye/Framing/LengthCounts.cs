namespace Sockeye;

/// <summary>What the number in a length field counts.</summary>
public enum LengthCounts
{
    /// <summary>Only what stands behind the whole header.</summary>
    Body,

    /// <summary>The length field and everything behind it, as PostgreSQL does.</summary>
    FromLengthField,

    /// <summary>The whole frame, as SMPP does.</summary>
    Frame,
}
