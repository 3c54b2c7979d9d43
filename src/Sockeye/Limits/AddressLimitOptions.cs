namespace Sockeye;

/// <summary>
/// The limits of one client address at an endpoint: <c>listen.UseAddressLimit</c>, which copies them. Set at least
/// <see cref="MaxConnections"/> or <see cref="AcceptRate"/>.
/// </summary>
public sealed class AddressLimitOptions
{
    /// <summary>
    /// Gets or sets how many connections an address may have at a time. Default: null, any number. Range: 1 and up.
    /// </summary>
    /// <remarks>Many people may share an address: behind the NAT of a provider or a company, or behind a proxy.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? MaxConnections { get; set => field = OptionChecks.AtLeast(value, 1); }

    /// <summary>
    /// Gets or sets how many new connections an address may open per second. Default: null, any number. Range: above 0, up to
    /// 1,000,000.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double? AcceptRate
    {
        get;
        set => field = value is { } rate ? OptionChecks.AboveZero(rate, AcceptRateLimit.MaxRate) : null;
    }

    /// <summary>
    /// Gets or sets how many new connections an address may open at once after a pause. Default: null, as many as
    /// <see cref="AcceptRate"/> allows in a second, at least 1. Range: 1 and up. Needs <see cref="AcceptRate"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? AcceptBurst { get; set => field = OptionChecks.AtLeast(value, 1); }

    /// <summary>
    /// Gets or sets how many addresses the limit remembers. Default: 100,000, about 25 MB. Range: 1 and up. It forgets the
    /// address that has been without connections longest, and never one with open connections.
    /// </summary>
    /// <remarks>While all remembered addresses have open connections, clients from further addresses are refused.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxAddresses { get; set => field = OptionChecks.AtLeast(value, 1); } = 100_000;

    /// <summary>
    /// Gets or sets how many bits of an IPv6 address identify a client. Default: 64, which a provider assigns to one customer at
    /// least (RFC 6177) and which has 2^64 addresses. Range: 1 to 128. An IPv4 address, mapped or not, counts as a whole.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int IPv6PrefixLength { get; set => field = OptionChecks.InRange(value, 1, 128); } = 64;

    /// <summary>Gets or sets what happens to a client over the limit. Default: <see cref="LimitAction.Reset"/>.</summary>
    /// <exception cref="ArgumentException"><see cref="LimitAction.LeaveInBacklog"/>: the address of a client is known only after
    /// it was accepted.</exception>
    public LimitAction AtLimit
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(AtLimit));
            field = value != LimitAction.LeaveInBacklog
                ? value
                : throw new ArgumentException(
                    "AtLimit cannot be LeaveInBacklog: an address is known only after accept. Use Reset or SendAndClose.",
                    nameof(AtLimit));
        }
    } = LimitAction.Reset;

    /// <summary>Returns a copy that later changes do not affect.</summary>
    /// <exception cref="ArgumentException">The options limit nothing, or an option lacks the one that it needs.</exception>
    internal AddressLimitOptions TakeCopy()
    {
        if (MaxConnections is null && AcceptRate is null)
            throw new ArgumentException("UseAddressLimit needs MaxConnections or AcceptRate.");
        if (AcceptBurst is not null && AcceptRate is null)
            throw OptionChecks.OutOfRange(nameof(AcceptBurst), AcceptBurst, "null without AcceptRate: it needs AcceptRate");
        return OptionCopier.Copy(this);
    }

    /// <summary>Describes the limits for the log.</summary>
    internal string Describe() => string.Join(", ", new[]
    {
        MaxConnections is { } most ? $"{most} connections" : null,
        AcceptRate is { } rate ? FormattableString.Invariant($"{rate:0.###} a second") : null,
    }.Where(part => part is not null));
}
