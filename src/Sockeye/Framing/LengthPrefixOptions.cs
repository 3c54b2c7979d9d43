namespace Sockeye;

/// <summary>The layout of a length-prefixed frame. Default: four bytes, big endian, counting the rest of the frame.</summary>
/// <remarks>
/// <code>
///  +---------------------+-------------------+--------------------+---------------------+
///  | BytesBeforeLength   | length: LengthSize| BytesAfterLength   | body                |
///  +---------------------+-------------------+--------------------+---------------------+
///                                                                 |&lt;- Body ------------&gt;|
///                        |&lt;- FromLengthField ---------------------------------------&gt;|
///  |&lt;- Frame ----------------------------------------------------------------------&gt;|
/// </code>
/// Without extra header bytes, a message is the body. With extra header bytes, it is the whole frame, including header and length
/// field, so that offsets are those of the protocol's specification. When writing, the codec fills in the length field and
/// ignores the bytes of the message at that position.
/// <para>Some protocols:
/// Kafka, and most private protocols: the default.
/// Modbus TCP (MBAP): <c>BytesBeforeLength = 4, LengthSize = 2</c>.
/// SMPP 3.4: <c>BytesAfterLength = 12, Counts = LengthCounts.Frame</c>.
/// PostgreSQL 3 (after the start-up): <c>BytesBeforeLength = 1, Counts = LengthCounts.FromLengthField</c>.
/// DNS over TCP (RFC 1035, section 4.2.2): <c>LengthSize = 2</c>.</para>
/// </remarks>
public sealed class LengthPrefixOptions
{
    /// <summary>Gets the size of the unsigned length field in bytes: 1, 2, 4 or 8. Default: 4.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is another one.</exception>
    public int LengthSize
    {
        get;
        init => field = value is 1 or 2 or 4 or 8
            ? value
            : throw OptionChecks.OutOfRange(nameof(LengthSize), value, "1, 2, 4 or 8");
    } = 4;

    /// <summary>
    /// Gets whether the least significant byte of the length comes first. Default: false, network byte order (RFC 1700).
    /// </summary>
    public bool LittleEndian { get; init; }

    /// <summary>Gets the bytes that the length counts. Default: <see cref="LengthCounts.Body"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public LengthCounts Counts { get; init => field = OptionChecks.Defined(value); }

    /// <summary>Gets the number of header bytes before the length field. Default: 0. Range: 0 to 255.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int BytesBeforeLength { get; init => field = OptionChecks.InRange(value, 0, 255); }

    /// <summary>Gets the number of header bytes between the length field and the body. Default: 0. Range: 0 to 255.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int BytesAfterLength { get; init => field = OptionChecks.InRange(value, 0, 255); }
}
