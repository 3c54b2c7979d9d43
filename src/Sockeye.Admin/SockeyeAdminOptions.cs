using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sockeye.Admin;

/// <summary>The options of an admin page: its address, its access rules and its clock. They are read once, at start.</summary>
public sealed class SockeyeAdminOptions
{
    private const int MinTokenLength = 16;
    private const int MaxNameLength = 100;

    /// <summary>
    /// Gets or sets the name of the server on the page. Default: null, which means the server's section with
    /// <c>AddSockeyeAdmin</c> (the application's name if the section is "Sockeye"), and otherwise the program's name. Range: 1 to
    /// 100 characters on one line.
    /// </summary>
    /// <exception cref="ArgumentException">The value is empty, too long, or has control characters.</exception>
    public string? Name
    {
        get;
        set => field = value is null || (value.Length is > 0 and <= MaxNameLength && !value.Any(char.IsControl))
            ? value
            : throw new ArgumentException($"Name needs 1 to {MaxNameLength} characters on one line.", nameof(Name));
    }

    /// <summary>Gets or sets the port. Default: 7001. Range: 0 to 65535; 0 takes a free port, which
    /// <see cref="SockeyeAdmin.Url"/> contains.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public int Port { get; set => field = OptionChecks.Port(value); } = 7001;

    /// <summary>Gets or sets the address to listen on. Default: null, which means 127.0.0.1 and ::1. An address beyond the
    /// loopback interface requires <see cref="UnsafeListenBeyondLoopback"/>.</summary>
    public IPAddress? Address { get; set; }

    /// <summary>
    /// Gets or sets whether <see cref="Address"/> may be one that other machines reach. Default: false. Danger: everyone with the
    /// token sees all connections and may close each, and the token crosses the network in clear text. Reading then requires the
    /// token too: open the page by <see cref="SockeyeAdmin.Url"/>; other clients send <c>Authorization: Bearer TOKEN</c>.
    /// </summary>
    public bool UnsafeListenBeyondLoopback { get; set; }

    /// <summary>
    /// Gets or sets the token that is required to close a connection and, beyond the loopback interface, to read. Default: null,
    /// which means a new random token at each start, which the page contains. Range: at least 16 characters, of letters, digits
    /// and <c>-._~+/=</c>.
    /// </summary>
    /// <exception cref="ArgumentException">The value is too short, or has other characters.</exception>
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
    /// Gets the host names besides localhost, 127.0.0.1 and [::1] by which browsers may request the page, such as
    /// <c>admin.example</c>, or with a port other than the page's, such as <c>localhost:9000</c> behind a tunnel. Default: none.
    /// Other names are refused (421), so that a site whose name is made to resolve to this machine cannot read the page (DNS
    /// rebinding).
    /// </summary>
    public IList<string> AllowedHosts { get; private set; } = [];

    /// <summary>Gets or sets the interval between two samples for the charts, which show the last 300. Default: 2 s. Range:
    /// 100 ms to 1 minute.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public TimeSpan SampleInterval
    {
        get;
        set => field = OptionChecks.InRange(value, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
    } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets the factory of the page's logger. Default: no log. docs/observability.md lists the event
    /// ids.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public ILoggerFactory LoggerFactory
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(LoggerFactory));
    } = NullLoggerFactory.Instance;

    /// <summary>Gets or sets the transport. Null means a separate one with its own thread. Tests set one, which the page does not
    /// dispose.</summary>
    internal IConnectionListenerFactory? Transport { get; set; }

    /// <summary>Gets or sets the clock. Default: the transport's if it has one, otherwise the system's.</summary>
    internal TimeProvider TimeProvider
    {
        get => field ?? (Transport as ISelfContainedTransport)?.TimeProvider ?? TimeProvider.System;
        set;
    } = null!;

    internal bool IsBeyondLoopback => Address is { } address && !IPAddress.IsLoopback(address);

    /// <summary>Checks the relations between the options, and returns a copy that later changes do not affect.</summary>
    /// <exception cref="InvalidOperationException">The options contradict each other; the message says what to
    /// change.</exception>
    internal SockeyeAdminOptions TakeCopy()
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
                    $"AllowedHosts has \"{host}\", which is not a host: write a name as in admin.example or admin.example:80.");
            }
        }

        var copy = (SockeyeAdminOptions)MemberwiseClone();
        copy.AllowedHosts = [.. AllowedHosts];
        return copy;
    }
}
