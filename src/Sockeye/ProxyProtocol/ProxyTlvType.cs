namespace Sockeye;

/// <summary>What a <see cref="ProxyTlv"/> holds. Other numbers are kept as they are (PROXY protocol, section 2.2).</summary>
public enum ProxyTlvType
{
    /// <summary>The protocol agreed on by ALPN (RFC 7301), as <c>h2</c>.</summary>
    Alpn = 0x01,

    /// <summary>The host name that the client asked for, in UTF-8; with TLS its SNI.</summary>
    Authority = 0x02,

    /// <summary>CRC32C over the whole header, four bytes. Verified when read, computed when written.</summary>
    Checksum = 0x03,

    /// <summary>Padding. Skipped when read.</summary>
    NoOp = 0x04,

    /// <summary>The proxy's own id of the connection: at most 128 bytes.</summary>
    UniqueId = 0x05,

    /// <summary>What the proxy knows of the client's TLS: see <see cref="ProxySslInfo"/>.</summary>
    Ssl = 0x20,

    /// <summary>The name of the proxy's network namespace, in ASCII.</summary>
    NetworkNamespace = 0x30,

    /// <summary>Of Amazon: a byte that says what follows, 1 for the id of a VPC endpoint.</summary>
    Aws = 0xEA,

    /// <summary>Of Azure: a byte that says what follows, 1 for the id of a private link.</summary>
    Azure = 0xEE,
}
