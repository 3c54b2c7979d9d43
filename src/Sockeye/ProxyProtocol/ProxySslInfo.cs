using System.Buffers.Binary;

namespace Sockeye;

/// <summary>The credentials that a client sent to a proxy that ends TLS.</summary>
[Flags]
public enum ProxySslClient
{
    /// <summary>The client connected without TLS.</summary>
    None = 0,

    /// <summary>The client connected over TLS.</summary>
    Tls = 1,

    /// <summary>The client sent a certificate over this connection.</summary>
    Certificate = 2,

    /// <summary>The client sent a certificate over this connection, or over an earlier one that this one resumes.</summary>
    CertificateEarlier = 4,
}

/// <summary>
/// The TLS data from a proxy that ends TLS: the TLV <see cref="ProxyTlvType.Ssl"/> (PROXY protocol, section 2.2.6).
/// </summary>
/// <remarks>
/// <code>
///  +--------+---------------------+---------------------------------------+
///  | client | verify: 4 bytes     | type: 1, length: 2, value  …          |
///  +--------+---------------------+---------------------------------------+
/// </code>
/// </remarks>
public sealed class ProxySslInfo
{
    private const int HeaderLength = 5;

    private ProxySslInfo(ProxySslClient client, uint verify, IReadOnlyList<ProxyTlv> tlvs) =>
        (Client, Verify, Tlvs) = (client, verify, tlvs);

    /// <summary>Gets the credentials that the client sent.</summary>
    public ProxySslClient Client { get; }

    /// <summary>Gets the result of verifying the client's certificate: 0 is success; other values are specific to the
    /// proxy.</summary>
    /// <remarks>Proxies also send 0 for a client without a certificate: use <see cref="IsCertificateVerified"/>.</remarks>
    public uint Verify { get; }

    /// <summary>Gets whether the client sent a certificate and the proxy verified it.</summary>
    public bool IsCertificateVerified =>
        Verify == 0 && (Client & (ProxySslClient.Certificate | ProxySslClient.CertificateEarlier)) != 0;

    /// <summary>Gets the version of TLS, such as <c>TLSv1.3</c>.</summary>
    public string? Version => GetText(0x21);

    /// <summary>Gets the common name of the client's certificate.</summary>
    public string? CommonName => GetText(0x22);

    /// <summary>Gets the cipher suite, such as <c>TLS_AES_256_GCM_SHA384</c>.</summary>
    public string? Cipher => GetText(0x23);

    /// <summary>Gets the signature algorithm of the proxy's certificate, such as <c>SHA256</c>.</summary>
    public string? SignatureAlgorithm => GetText(0x24);

    /// <summary>Gets the key algorithm of the proxy's certificate, such as <c>RSA2048</c>.</summary>
    public string? KeyAlgorithm => GetText(0x25);

    /// <summary>Gets the nested TLVs, in order, including unknown ones.</summary>
    public IReadOnlyList<ProxyTlv> Tlvs { get; }

    /// <summary>Returns null if the bytes are not valid.</summary>
    internal static ProxySslInfo? TryRead(ReadOnlyMemory<byte> value) =>
        value.Length >= HeaderLength && ProxyTlvs.TryRead(value[HeaderLength..], out var tlvs, out _)
            ? new((ProxySslClient)value.Span[0], BinaryPrimitives.ReadUInt32BigEndian(value.Span[1..]), tlvs)
            : null;

    private string? GetText(int type) => ProxyTlvs.GetText(Tlvs, (ProxyTlvType)type);
}
