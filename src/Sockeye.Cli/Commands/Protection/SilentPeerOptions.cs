using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>How soon the system detects a peer that disappears without FIN, for both commands.</summary>
internal static class SilentPeerOptions
{
    private const int ProbeCount = 6;

    private static readonly TimeSpan MinTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromHours(9);
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(10);

    public static Option<TimeSpan?> KeepAlive { get; } = CreateKeepAlive();

    public static Option<TimeSpan?> UserTimeout { get; } = CommonOptions.Duration(
        "--user-timeout",
        "Abort a connection if the peer's system has not acknowledged sent data for this long (Linux). Default: the system's "
            + "choice, about 15m.");

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

    private static Option<TimeSpan?> CreateKeepAlive()
    {
        var option = CommonOptions.Duration(
            "--keep-alive",
            $"Ask a peer that is silent for this long (1s to 9h) whether it is still there: {ProbeCount} times, a sixth of it "
                + "apart, from 1s to 10s; then give the connection up. Default 1m.");
        var parse = option.CustomParser!;
        option.CustomParser = result =>
        {
            var time = parse(result);
            if (time < MinTime || time > MaxTime)
                result.AddError($"--keep-alive: \"{result.Tokens[0].Value}\" is not a time from 1s to 9h.");
            return time;
        };
        return option;
    }
}
