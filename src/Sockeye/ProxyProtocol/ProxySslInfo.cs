using System.Buffers.Binary;

namespace Sockeye;

/// <summary>What a client has shown to a proxy that ends TLS.</summary>
[Flags]
public enum ProxySslClient
{
    /// <summary>It came without TLS.</summary>
    None = 0,

    /// <summary>It came over TLS.</summary>
    Tls = 1,

    /// <summary>It sent a certificate over this connection.</summary>
    Certificate = 2,

    /// <summary>It sent a certificate over this connection, or over an earlier one that this one resumes.</summary>
    CertificateEarlier = 4,
}

/// <summary>
/// What a proxy that ends TLS tells of it: the TLV <see cref="ProxyTlvType.Ssl"/> (PROXY protocol, section 2.2.6).
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

    /// <summary>What the client has shown.</summary>
    public ProxySslClient Client { get; }

    /// <summary>What verifying the client's certificate gave: 0 is success, the rest are numbers of the proxy's.</summary>
    /// <remarks>Proxies say 0 for a client without a certificate, too: ask <see cref="IsCertificateVerified"/>.</remarks>
    public uint Verify { get; }

    /// <summary>Whether the client has sent a certificate, and the proxy has verified it.</summary>
    public bool IsCertificateVerified =>
        Verify == 0 && (Client & (ProxySslClient.Certificate | ProxySslClient.CertificateEarlier)) != 0;

    /// <summary>The version of TLS, as <c>TLSv1.3</c>.</summary>
    public string? Version => GetText(0x21);

    /// <summary>The common name of the client's certificate.</summary>
    public string? CommonName => GetText(0x22);

    /// <summary>The cipher suite, as <c>TLS_AES_256_GCM_SHA384</c>.</summary>
    public string? Cipher => GetText(0x23);

    /// <summary>How the proxy's certificate was signed, as <c>SHA256</c>.</summary>
    public string? SignatureAlgorithm => GetText(0x24);

    /// <summary>The key of the proxy's certificate, as <c>RSA2048</c>.</summary>
    public string? KeyAlgorithm => GetText(0x25);

    /// <summary>The TLVs inside, in order, unknown ones too.</summary>
    public IReadOnlyList<ProxyTlv> Tlvs { get; }

    /// <summary>Null where the bytes are none.</summary>
    internal static ProxySslInfo? TryRead(ReadOnlyMemory<byte> value) =>
        value.Length >= HeaderLength && ProxyTlvs.TryRead(value[HeaderLength..], out var tlvs, out _)
            ? new((ProxySslClient)value.Span[0], BinaryPrimitives.ReadUInt32BigEndian(value.Span[1..]), tlvs)
            : null;

    private string? GetText(int type) => ProxyTlvs.GetText(Tlvs, (ProxyTlvType)type);
}
