using NATS.Client.Core;

namespace Sockeye.Nats;

/// <summary>The options of a cluster engine on NATS. The engine copies them.</summary>
public sealed class NatsClusterOptions
{
    private const int MaxPrefixLength = 64;

    /// <summary>
    /// Gets or sets the addresses of the NATS servers, separated by commas. Default: "nats://localhost:4222". An address is
    /// <c>nats://host:port</c>, <c>tls://host:port</c>, <c>ws://host:port</c> or <c>wss://host:port</c>, with
    /// <c>user:password@</c> or <c>token@</c> before the host if the servers ask for it; <c>nats://</c> and the port 4222 may be
    /// left out. The engine connects to one of them, the first one by chance, and to the next one if that fails. It does not
    /// connect to servers that are not listed.
    /// </summary>
    /// <exception cref="ArgumentException">An address is not valid; the message names it.</exception>
    public string Url
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Url));
            ServerAddress.ParseList(value, nameof(Url));
            field = value;
        }
    } = "nats://localhost:4222";

    /// <summary>Gets or sets the first part of all subjects. Default: "sockeye". Range: 1 to 64 letters, digits, '-', '_' and
    /// '.', with no '.' at the start, at the end or beside another one. All nodes of a cluster need the same.</summary>
    /// <exception cref="ArgumentException">The value has another form.</exception>
    public string SubjectPrefix
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(SubjectPrefix));
            field = IsPrefix(value)
                ? value
                : throw new ArgumentException(
                    $"SubjectPrefix is \"{value}\": it needs 1 to {MaxPrefixLength} letters, digits, '-', '_' and single '.' " +
                    "between them, such as \"sockeye\" or \"shop.sockeye\".",
                    nameof(SubjectPrefix));
        }
    } = "sockeye";

    /// <summary>Gets or sets the time within which the engine notices that a server no longer answers, and the timeout of each
    /// step of a connection attempt. Default: 2 s. Range: 200 ms to 1 minute. A quarter of it is the interval between two
    /// pings.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan ServerTimeout
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(1));
    } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets the maximum delay between two connection attempts. Default: 2 s. Range: 10 ms to 1 minute. Delays
    /// are random, grow from 10 ms each time that all servers have failed, and never end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan MaxReconnectDelay
    {
        get;
        set => field = OptionChecks.InRange(value, ReconnectDelays.Min, TimeSpan.FromMinutes(1));
    } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets or sets the function that changes the options of the NATS client: credentials, keys, TLS, buffers, a log. Default:
    /// null. It is called once, when the engine starts, with the options that the engine would use, and returns them changed, as
    /// in <c>opts => opts with { AuthOpts = … }</c>, or other ones. The engine sets these itself, whatever the function returns:
    /// Echo, Verbose, PingInterval, RequestReplyMode, and all that concerns reconnecting, which the engine does.
    /// </summary>
    public Func<NatsOpts, NatsOpts>? ConfigureConnection { get; set; }

    internal NatsClusterOptions Copy() => (NatsClusterOptions)MemberwiseClone();

    private static bool IsPrefix(string value) =>
        value.Length is > 0 and <= MaxPrefixLength
        && value.Split('.').All(
            static part => part.Length > 0 && part.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
}
