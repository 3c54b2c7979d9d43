namespace Sockeye;

/// <summary>The limits of one address on an endpoint: <c>listen.UseAddressLimit</c>.</summary>
public sealed class AddressLimitOptions
{
    /// <summary>Gets or sets the maximum number of open connections of one address. Default: null, which means no limit. Range:
    /// at least 1.</summary>
    /// <remarks>One address may belong to many people: the NAT of a carrier or a company, or a proxy.</remarks>
    public int? MaxConnections { get; set => field = AtLeastOne(value, nameof(MaxConnections)); }

    /// <summary>Gets or sets the maximum number of new connections of one address a second. Default: null, which means no limit.
/// Range: above 0, up to a million.</summary>
    public double? AcceptRate
    {
        get;
        set => field = value is null ? null : AcceptRateLimit.Checked(value.Value, nameof(AcceptRate));
    }

    /// <summary>
    /// Gets or sets the number of new connections of one address accepted at once after a quiet time. Default: null, which means
    /// one
/// second's worth, at least 1. Range: at least 1.
    /// </summary>
    public int? AcceptBurst { get; set => field = AtLeastOne(value, nameof(AcceptBurst)); }

    /// <summary>
    /// Gets or sets the maximum number of tracked addresses. Default: 100,000, about 25 MB. Range: at least 1. The address that
    /// has been away longest is forgotten first; an address with open connections is never forgotten.
    /// </summary>
    /// <remarks>While all tracked addresses have open connections, a client from a further address is refused.</remarks>
    public int MaxAddresses { get; set => field = AtLeastOne(value, nameof(MaxAddresses))!.Value; } = 100_000;

    /// <summary>
    /// Gets or sets the prefix length by which IPv6 addresses are counted. Default: 64, because a provider assigns at least a /64
    /// to a customer (RFC 6177), who then has 2^64 addresses. Range: 1 to 128. IPv4 addresses count as a whole, including
    /// IPv4-mapped ones.
    /// </summary>
    public int IPv6PrefixLength
    {
        get;
        set => field = value is >= 1 and <= 128
            ? value
            : throw new ArgumentOutOfRangeException(nameof(IPv6PrefixLength), value, "IPv6PrefixLength is from 1 to 128.");
    } = 64;

    /// <summary>Gets or sets what happens to a client that exceeds the limit. Default: <see cref="LimitAction.Reset"/>.</summary>
    /// <exception cref="ArgumentException">The value is <see cref="LimitAction.LeaveInBacklog"/>, which is impossible because the
    /// address is known only after accept.</exception>
    public LimitAction AtLimit
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(AtLimit));
            field = value != LimitAction.LeaveInBacklog
                ? value
                : throw new ArgumentException(
                    "A limit of addresses cannot leave clients in the backlog: an address is known only after accept. Use "
                        + "Reset or SendAndClose.",
                    nameof(AtLimit));
        }
    } = LimitAction.Reset;

    internal AddressLimitOptions Checked() => MaxConnections is null && AcceptRate is null
        ? throw new ArgumentException("UseAddressLimit needs MaxConnections or AcceptRate.")
        : AcceptBurst is not null && AcceptRate is null
            ? throw new ArgumentException("AcceptBurst needs AcceptRate.")
            : (AddressLimitOptions)MemberwiseClone();

    /// <summary>Returns the text for the server's log.</summary>
    internal string Describe() => string.Join(", ", new[]
    {
        MaxConnections is { } most ? $"{most} connections" : null,
        AcceptRate is { } rate ? FormattableString.Invariant($"{rate:0.###} a second") : null,
    }.Where(part => part is not null));

    private static int? AtLeastOne(int? value, string name) => value is null or >= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is 1 or more.");
}
