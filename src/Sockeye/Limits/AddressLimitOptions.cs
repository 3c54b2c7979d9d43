namespace Sockeye;

/// <summary>What one address may have of an endpoint: <c>listen.UseAddressLimit</c>.</summary>
public sealed class AddressLimitOptions
{
    /// <summary>Connections at the same time of one address; default null: any number. Range: 1 and up.</summary>
    /// <remarks>Behind one address there may be many people: a carrier's or a company's NAT, a proxy.</remarks>
    public int? MaxConnections { get; set => field = AtLeastOne(value, nameof(MaxConnections)); }

    /// <summary>New connections of one address a second; default null: any number. Above 0, up to a million.</summary>
    public double? AcceptRate
    {
        get;
        set => field = value is null ? null : AcceptRateLimit.Checked(value.Value, nameof(AcceptRate));
    }

    /// <summary>
    /// New connections of one address at once after a quiet time; default null: a second's worth, at least 1. Range: 1 and up.
    /// </summary>
    public int? AcceptBurst { get; set => field = AtLeastOne(value, nameof(AcceptBurst)); }

    /// <summary>
    /// How many addresses are remembered, default 100,000, about 25 MB. Range: 1 and up. The one that was away longest is
    /// forgotten first; one with open connections never is.
    /// </summary>
    /// <remarks>While all of them have open connections, a client from one more address is refused.</remarks>
    public int MaxAddresses { get; set => field = AtLeastOne(value, nameof(MaxAddresses))!.Value; } = 100_000;

    /// <summary>
    /// How many bits of an IPv6 address say whose it is, default 64: what a provider gives to one customer at least (RFC 6177),
    /// who has 2^64 addresses then. Range: 1 to 128. An IPv4 address counts as a whole, IPv4-mapped ones too.
    /// </summary>
    public int IPv6PrefixLength
    {
        get;
        set => field = value is >= 1 and <= 128
            ? value
            : throw new ArgumentOutOfRangeException(nameof(IPv6PrefixLength), value, "IPv6PrefixLength is from 1 to 128.");
    } = 64;

    /// <summary>What becomes of a client over the limit, default <see cref="LimitAction.Reset"/>.</summary>
    /// <exception cref="ArgumentException"><see cref="LimitAction.LeaveInBacklog"/>: a client's address is known only after it
    /// was accepted.</exception>
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

    /// <summary>As the start of the server logs it.</summary>
    internal string Describe() => string.Join(", ", new[]
    {
        MaxConnections is { } most ? $"{most} connections" : null,
        AcceptRate is { } rate ? FormattableString.Invariant($"{rate:0.###} a second") : null,
    }.Where(part => part is not null));

    private static int? AtLeastOne(int? value, string name) => value is null or >= 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is 1 or more.");
}
