namespace Sockeye;

/// <summary>
/// The limits of one client address at an endpoint: <c>listen.UseAddressLimit</c>, which copies them. Set at least
/// <see cref="MaxConnections"/> or <see cref="AcceptRate"/>.
/// </summary>
public sealed class AddressLimitOptions
{
    /// <summary>
    /// Gets or sets the maximum number of open connections of an address. Default: null, no limit. Range: at least 1.
    /// </summary>
    /// <remarks>Many people may share an address: behind the NAT of a provider or a company, or behind a proxy.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? MaxConnections { get; set => field = OptionChecks.AtLeast(value, 1); }

    /// <summary>
    /// Gets or sets the maximum number of new connections a second from an address. Default: null, no limit. Range: above 0, up
    /// to 1,000,000.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public double? AcceptRate
    {
        get;
        set => field = value is { } rate ? OptionChecks.AboveZero(rate, AcceptRateLimit.MaxRate) : null;
    }

    /// <summary>
    /// Gets or sets the maximum number of new connections at once from an address after a pause. Default: null, one second's
    /// worth of <see cref="AcceptRate"/>, at least 1. Range: at least 1. Requires <see cref="AcceptRate"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int? AcceptBurst { get; set => field = OptionChecks.AtLeast(value, 1); }

    /// <summary>
    /// Gets or sets the maximum number of addresses that the limit tracks. Default: 100,000, about 25 MB. Range: at least 1. The
    /// limit forgets the address that has been without connections longest, and never one with open connections.
    /// </summary>
    /// <remarks>While all tracked addresses have open connections, clients from other addresses are refused.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaxAddresses { get; set => field = OptionChecks.AtLeast(value, 1); } = 100_000;

    /// <summary>
    /// Gets or sets the number of bits of an IPv6 address that identify a client. Default: 64, the smallest network that a
    /// provider assigns to a customer (RFC 6177), which has 2^64 addresses. Range: 1 to 128. An IPv4 address, mapped or not,
    /// counts as a whole.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public int IPv6PrefixLength { get; set => field = OptionChecks.InRange(value, 1, 128); } = 64;

    /// <summary>Gets or sets the action for a client that exceeds the limit. Default: <see cref="LimitAction.Reset"/>.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="ArgumentException">The value is <see cref="LimitAction.LeaveInBacklog"/>: the address of a client is
    /// known only after it was accepted.</exception>
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
        return OptionCopier.ShallowCopy(this);
    }

    /// <summary>Describes the limits for the log.</summary>
    internal string Describe() => string.Join(", ", new[]
    {
        MaxConnections is { } most ? $"{most} connections" : null,
        AcceptRate is { } rate ? FormattableString.Invariant($"{rate:0.###} a second") : null,
    }.Where(part => part is not null));
}
