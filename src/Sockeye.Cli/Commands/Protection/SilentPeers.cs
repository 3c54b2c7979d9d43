using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>How soon the system notices a peer that is gone without a FIN, for both commands.</summary>
internal static class SilentPeers
{
    private const int Probes = 6;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(9);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(10);

    public static Option<TimeSpan?> KeepAlive { get; } = CreateKeepAlive();

    public static Option<TimeSpan?> UserTimeout { get; } = CommonOptions.Duration(
        "--user-timeout",
        "Give a connection up when the peer's system has not acknowledged sent data for this long (Linux). Default: the system's "
            + "choice, about 15m.");

    public static void Apply(ParseResult parsed, SocketTransportOptions sockets)
    {
        if (parsed.GetValue(KeepAlive) is { } time)
        {
            sockets.KeepAliveTime = time;
            sockets.KeepAliveProbes = Probes;
            sockets.KeepAliveInterval = IntervalOf(time);
        }

        sockets.UserTimeout = parsed.GetValue(UserTimeout);
    }

    /// <summary>As the defaults have it: 60 s, then every 10 s.</summary>
    private static TimeSpan IntervalOf(TimeSpan time) =>
        time / Probes < Shortest ? Shortest : time / Probes > LongestInterval ? LongestInterval : time / Probes;

    private static Option<TimeSpan?> CreateKeepAlive()
    {
        var option = CommonOptions.Duration(
            "--keep-alive",
            $"Ask a peer that is silent for this long (1s to 9h) whether it is still there: {Probes} times, a sixth of it apart, "
                + "from 1s to 10s; then give the connection up. Default 1m.");
        var parse = option.CustomParser!;
        option.CustomParser = result =>
        {
            var time = parse(result);
            if (time < Shortest || time > Longest)
                result.AddError($"--keep-alive: \"{result.Tokens[0].Value}\" is not a time from 1s to 9h.");
            return time;
        };
        return option;
    }
}
