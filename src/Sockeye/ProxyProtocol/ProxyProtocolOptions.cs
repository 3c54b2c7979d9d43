using System.Net;

namespace Sockeye;

/// <summary>The options of <c>UseProxyProtocol</c>, which reads them once: later changes have no effect.</summary>
public sealed class ProxyProtocolOptions
{
    /// <summary>
    /// Gets the networks of the proxies, which alone may connect. Others are refused, with <see cref="CloseCause.Denied"/>.
    /// Default: none, which is an error when the server starts, except on a Unix socket, where the file permissions decide and
    /// networks are ignored.
    /// </summary>
    /// <remarks>A trusted proxy can claim to be any client: list proxies, not networks that contain clients.</remarks>
    public IList<IPNetwork> TrustedProxies { get; } = [];

    /// <summary>
    /// Gets or sets the maximum time from accept to the whole header, regardless of the pieces in which it arrives. Default: 5 s.
    /// Range: 1 ms to 1 day. Up to 0.2 s later, the connection is reset, with <see cref="CloseCause.Timeout"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    /// <remarks>A longer time lets slow senders hold more connections at a time.</remarks>
    public TimeSpan HeaderTimeout
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gets or sets the maximum length of a header in bytes, including TLVs. Default: 4096. Range: 107 to 65,551, the maximum of
    /// version 2. Version 1 has at most 107 in any case.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    /// <remarks>A connection with an incomplete header can hold this much memory.</remarks>
    public int MaxHeaderLength
    {
        get;
        set => field = OptionChecks.InRange(value, ProxyHeaderV1.MaxLength, ProxyHeaderV2.MaxLength);
    } = ProxyHeader.DefaultMaxLength;
}
