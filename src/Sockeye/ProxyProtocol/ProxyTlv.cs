namespace Sockeye;

/// <summary>One of the type-length-value triples that stand behind the addresses of a PROXY header of version 2.</summary>
/// <param name="Type">What it holds: 0 to 255; see <see cref="ProxyTlvType"/>.</param>
/// <param name="Value">Its bytes, 0 to 65535 of them.</param>
public readonly record struct ProxyTlv(ProxyTlvType Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>Has <see cref="ProxyHeader.WriteTo"/> compute a CRC32C, with which the receiver sees damage.</summary>
    public static ProxyTlv Checksum { get; } = new(ProxyTlvType.Checksum, new byte[ProxyTlvs.ChecksumLength]);

    /// <summary>The type and the value in hexadecimal.</summary>
    public override string ToString() => $"{Type}: {Convert.ToHexString(Value.Span)}";
}
