using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye.Admin;

/// <summary>Where the admin page of a server is, and who may see it. Read once, when it starts.</summary>
public sealed class SockeyeAdminOptions
{
    private const int MinTokenLength = 16;
    private const int MaxNameLength = 100;

    /// <summary>
    /// What the page calls the server; null (the default): with <c>AddSockeyeAdmin</c> the server's section, or the application's
    /// name where that is "Sockeye", otherwise the program's name. Range: 1 to 100 characters on one line.
    /// </summary>
    public string? Name
    {
        get;
        set => field = value is null || (value.Length is > 0 and <= MaxNameLength && !value.Any(char.IsControl))
            ? value
            : throw new ArgumentException($"Name needs 1 to {MaxNameLength} characters on one line.", nameof(Name));
    }

    /// <summary>The port, default 7001; 0 takes a free one, which <see cref="SockeyeAdmin.Url"/> tells. Range: 0 to
    /// 65535.</summary>
    public int Port
    {
        get;
        set => field = value is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Port), value, "A port is from 0 (any free one) to 65535.");
    } = 7001;

    /// <summary>The address to listen on; null (the default): 127.0.0.1 and ::1. One that is not of the loopback needs
    /// <see cref="UnsafeListenBeyondLoopback"/>.</summary>
    public IPAddress? Address { get; set; }

    /// <summary>
    /// Lets <see cref="Address"/> be one that other machines reach, default false. Danger: whoever has the token then sees all
    /// connections and may close each, and the token crosses the network in clear. Reading needs the token too then: the page is
    /// opened by <see cref="SockeyeAdmin.Url"/>, others send <c>Authorization: Bearer TOKEN</c>.
    /// </summary>
    public bool UnsafeListenBeyondLoopback { get; set; }

    /// <summary>
    /// What closing a connection takes, and beyond the loopback reading too; null (the default): a new random one each start,
    /// which the page carries. At least 16 characters: letters, digits and <c>-._~+/=</c>.
    /// </summary>
    public string? Token
    {
        get;
        set => field = value is null || (value.Length >= MinTokenLength && value.All(
                static c => char.IsAsciiLetterOrDigit(c) || "-._~+/=".Contains(c, StringComparison.Ordinal)))
            ? value
            : throw new ArgumentException(
                $"Token needs at least {MinTokenLength} characters, of letters, digits and -._~+/= only.", nameof(Token));
    }

    /// <summary>
    /// Names besides localhost, 127.0.0.1 and [::1] by which browsers may ask for the page, as <c>admin.example</c>, or with
    /// another port than the page's, as <c>localhost:9000</c> behind a tunnel. Others are refused (421), so that no foreign site
    /// whose name is made to point here can read it (DNS rebinding). Default: none.
    /// </summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>How often the server is looked at for the charts, default 2 s; they show the last 300 looks. Range: 100 ms to
    /// 1 minute.</summary>
    public TimeSpan SampleInterval
    {
        get;
        set => field = value >= TimeSpan.FromMilliseconds(100) && value <= TimeSpan.FromMinutes(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(SampleInterval), value, "SampleInterval must be from 100 ms to 1 minute.");
    } = TimeSpan.FromSeconds(2);

    /// <summary>Where the page logs, default nowhere. Event ids are in docs/observability.md.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>Null: one of its own, whose thread the page has for itself. For tests: one that the page does not end.</summary>
    internal IConnectionListenerFactory? Transport { get; set; }

    /// <summary>The clock; default: the transport's where it has one, otherwise the system's.</summary>
    internal TimeProvider TimeProvider
    {
        get => field ?? (Transport is null ? TimeProvider.System : Scheduling.GetTimeProvider(Transport));
        set;
    } = null!;

    internal bool IsBeyondLoopback => Address is { } address && !IPAddress.IsLoopback(address);

    /// <exception cref="InvalidOperationException">They contradict each other; the message says what to change.</exception>
    internal void ThrowIfWrong()
    {
        if (IsBeyondLoopback && !UnsafeListenBeyondLoopback)
        {
            throw new InvalidOperationException(
                $"The admin page would listen on {Address}, where other machines reach it: take a loopback address, or set "
                + "UnsafeListenBeyondLoopback and guard its token.");
        }

        foreach (var host in AllowedHosts)
        {
            if (host.Contains('/', StringComparison.Ordinal) || !Uri.TryCreate($"http://{host}/", UriKind.Absolute, out _))
            {
                throw new InvalidOperationException(
                    $"AllowedHosts has \"{host}\", which is no host: write a name as admin.example, or with a port.");
            }
        }
    }
}
