using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>
/// The time in which the system detects a peer that disappears without FIN: options of <c>sockeye listen</c> and <c>sockeye
/// connect</c>.
/// </summary>
internal static class SilentPeerOptions
{
    private const int ProbeCount = 6;

    private static readonly TimeSpan MinTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromHours(9);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(10);

    public static Option<TimeSpan?> KeepAlive { get; } = OptionFactory.Create<TimeSpan>(
        "--keep-alive", "time",
        $"Probe a peer that is silent for this long (1s to 9h): {ProbeCount} probes, a sixth of the time apart (1s to 10s). "
            + "Without an answer, the connection is aborted. Default: 1m.",
        ParseKeepAlive);

    public static Option<TimeSpan?> UserTimeout { get; } = CreateUserTimeout();

    public static void Apply(ParseResult parsed, SocketTransportOptions sockets)
    {
        if (parsed.GetValue(KeepAlive) is { } time)
        {
            sockets.KeepAliveTime = time;
            sockets.KeepAliveProbes = ProbeCount;
            sockets.KeepAliveInterval = GetInterval(time);
        }

        sockets.UserTimeout = parsed.GetValue(UserTimeout);
    }

    /// <summary>The same ratio as the defaults: 60 s, then every 10 s.</summary>
    private static TimeSpan GetInterval(TimeSpan time) =>
        time / ProbeCount < MinTime ? MinTime : time / ProbeCount > MaxInterval ? MaxInterval : time / ProbeCount;

    private static TimeSpan? ParseKeepAlive(string text, out string? error)
    {
        var time = DurationText.Parse(text, out error);
        if (error is null && (time < MinTime || time > MaxTime))
            error = $"\"{text}\" is not a time from 1s to 9h.";
        return time;
    }

    private static Option<TimeSpan?> CreateUserTimeout()
    {
        var option = OptionFactory.CreateDuration(
            "--user-timeout",
            "Abort a connection if the peer's system has not acknowledged sent data for this long (Linux). Default: the "
                + "system's choice, about 15m.");
        option.Validators.Add(result =>
        {
            if (!OperatingSystem.IsLinux())
                result.AddError("--user-timeout needs TCP_USER_TIMEOUT, which only Linux has: leave it out on this system.");
        });
        return option;
    }
}
