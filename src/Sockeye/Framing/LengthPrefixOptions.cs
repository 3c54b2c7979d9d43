namespace Sockeye;

/// <summary>How a length-prefixed frame is built. The default: four bytes, big endian, counting what follows.</summary>
/// <remarks>
/// <code>
///  +---------------------+-------------------+--------------------+---------------------+
///  | BytesBeforeLength   | length: LengthSize| BytesAfterLength   | body                |
///  +---------------------+-------------------+--------------------+---------------------+
///                                                                 |&lt;- Body ------------&gt;|
///                        |&lt;- FromLengthField ---------------------------------------&gt;|
///  |&lt;- Frame ----------------------------------------------------------------------&gt;|
/// </code>
/// Without extra header bytes a message is the body. With them it is the whole frame, header and length field included, so that
/// the offsets are those of the protocol's own documents; what a written message holds in its length field does not matter: the
/// codec puts the right number there.
/// <para>Some protocols:
/// Kafka and most that are home-made: nothing to set.
/// Modbus TCP (MBAP): <c>BytesBeforeLength = 4, LengthSize = 2</c>.
/// SMPP 3.4: <c>BytesAfterLength = 12, Counts = LengthCounts.Frame</c>.
/// PostgreSQL 3 (after the start-up): <c>BytesBeforeLength = 1, Counts = LengthCounts.FromLengthField</c>.
/// DNS over TCP (RFC 1035, section 4.2.2): <c>LengthSize = 2</c>.</para>
/// </remarks>
public sealed class LengthPrefixOptions
{
    /// <summary>Size of the length field in bytes: 1, 2, 4 (the default) or 8. It is unsigned.</summary>
    public int LengthSize
    {
        get;
        init => field = value is 1 or 2 or 4 or 8
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A length field has 1, 2, 4 or 8 bytes.");
    } = 4;

    /// <summary>
    /// Whether the least significant byte of the length comes first. Default: false, as networks do (RFC 1700).
    /// </summary>
    public bool LittleEndian { get; init; }

    /// <summary>What the length counts. Default: <see cref="LengthCounts.Body"/>.</summary>
    public LengthCounts Counts
    {
        get;
        init => field = value is LengthCounts.Body or LengthCounts.FromLengthField or LengthCounts.Frame
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A length counts Body, FromLengthField or Frame.");
    }

    /// <summary>Header bytes before the length field. Default: 0; range: 0 to 255.</summary>
    public int BytesBeforeLength { get; init => field = CheckExtra(value); }

    /// <summary>Header bytes between the length field and the body. Default: 0; range: 0 to 255.</summary>
    public int BytesAfterLength { get; init => field = CheckExtra(value); }

    private static int CheckExtra(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 255);
        return value;
    }
}
