using System.Net;

namespace Sockeye;

/// <summary>How an endpoint reads PROXY headers. Read once, by <c>UseProxyProtocol</c>: later changes are not seen.</summary>
public sealed class ProxyProtocolOptions
{
    /// <summary>
    /// Who may connect: the networks of the proxies. Others are refused, with <see cref="CloseCause.Denied"/>. Default: nobody,
    /// which is an error when the server starts, except on a Unix socket: who may open its file is trusted, and networks say
    /// nothing there.
    /// </summary>
    /// <remarks>Whoever is in here can claim to be any client: list proxies, not the networks that clients are in.</remarks>
    public IList<IPNetwork> TrustedProxies { get; } = [];

    /// <summary>
    /// How long the header may take after the connection was accepted, whatever comes in what pieces. Default: 5 s. Range: 1 ms
    /// to 1 day. Over it by up to 0.2 s; then the connection is reset, with <see cref="CloseCause.Timeout"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    /// <remarks>More gives those who send slowly more connections to hold at a time.</remarks>
    public TimeSpan HeaderTimeout
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
    } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest header in bytes, TLVs and all. Default: 4096; range: 107 to 65,551, the most that version 2 can say. Version 1
    /// has at most 107 in any case.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    /// <remarks>As much memory each connection can hold that has not sent all of its header.</remarks>
    public int MaxHeaderLength
    {
        get;
        set => field = OptionChecks.InRange(value, ProxyHeaderV1.MaxLength, ProxyHeaderV2.MaxLength);
    } = ProxyHeader.DefaultMaxLength;
}
