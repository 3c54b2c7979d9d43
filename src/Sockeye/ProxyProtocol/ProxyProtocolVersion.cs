namespace Sockeye;

/// <summary>The version of a PROXY header (haproxy.org, "The PROXY protocol", versions 1 and 2).</summary>
public enum ProxyProtocolVersion
{
    /// <summary>One line of text: addresses and ports of TCP over IPv4 or IPv6, and nothing else.</summary>
    V1 = 1,

    /// <summary>Binary, with Unix sockets, marked health checks, and TLVs.</summary>
    V2 = 2,
}
