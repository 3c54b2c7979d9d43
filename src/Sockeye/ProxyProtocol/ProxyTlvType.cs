namespace Sockeye;

/// <summary>The type of a <see cref="ProxyTlv"/>. Unknown numbers are kept (PROXY protocol, section 2.2).</summary>
public enum ProxyTlvType
{
    /// <summary>The protocol negotiated by ALPN (RFC 7301), such as <c>h2</c>.</summary>
    Alpn = 0x01,

    /// <summary>The host name that the client requested, in UTF-8; with TLS, its SNI.</summary>
    Authority = 0x02,

    /// <summary>CRC32C over the whole header, four bytes. Verified when read, computed when written.</summary>
    Checksum = 0x03,

    /// <summary>Padding. Skipped when read.</summary>
    NoOp = 0x04,

    /// <summary>The proxy's id of the connection, at most 128 bytes.</summary>
    UniqueId = 0x05,

    /// <summary>The proxy's data about the client's TLS: see <see cref="ProxySslInfo"/>.</summary>
    Ssl = 0x20,

    /// <summary>The name of the proxy's network namespace, in ASCII.</summary>
    NetworkNamespace = 0x30,

    /// <summary>Amazon: a subtype byte, 1 for the id of a VPC endpoint, and its value.</summary>
    Aws = 0xEA,

    /// <summary>Azure: a subtype byte, 1 for the id of a private link, and its value.</summary>
    Azure = 0xEE,
}
