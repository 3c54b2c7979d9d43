namespace Sockeye;

/// <summary>A type-length-value triple after the addresses of a PROXY header of version 2.</summary>
/// <param name="Type">The type, 0 to 255; see <see cref="ProxyTlvType"/>.</param>
/// <param name="Value">The value, 0 to 65535 bytes.</param>
public readonly record struct ProxyTlv(ProxyTlvType Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>Gets a TLV that makes <see cref="ProxyHeader.WriteTo"/> compute a CRC32C, by which the receiver detects
/// damage.</summary>
    public static ProxyTlv Checksum { get; } = new(ProxyTlvType.Checksum, new byte[ProxyTlvs.ChecksumLength]);

    /// <summary>Returns the type and the value in hexadecimal.</summary>
    public override string ToString() => $"{Type}: {Convert.ToHexString(Value.Span)}";
}
