using System.CommandLine;
using System.CommandLine.Parsing;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>The options of <c>sockeye bench</c> about the load: how much, how long, and by how many connections.</summary>
internal static class BenchOptions
{
    private const int MaxConnections = 1_000_000;
    private const int MaxPipeline = 65_536;

    public static Argument<EndPointText[]> Targets { get; } = new("endpoint")
    {
        Description = "The server: 7000 (localhost), 127.0.0.1:7000, [::1]:7000, host:7000, host 7000 or unix:/path. With "
            + "several, the connections are spread over them.",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseTargets(result, [.. result.Tokens.Select(token => token.Value)]),
    };

    public static Option<int?> Connections { get; } = OptionFactory.CreateCount(
        "--connections", "The number of connections. Default: 10.", MaxConnections, "-c");

    public static Option<int?> Pipeline { get; } = OptionFactory.CreateCount(
        "--pipeline", "The maximum number of requests of a connection without an answer. Default: 1.", MaxPipeline);

    public static Option<double?> Rate { get; } = OptionFactory.Create<double>(
        "--rate", "rate",
        "Open loop: start this many requests a second in total, whatever the answers do: 200, 5k, 1.5M. Latency counts from the "
            + "planned start. Default: closed loop, each connection sends when an answer has come.",
        RequestRate.Parse);

    public static Option<Arrivals?> Distribution { get; } = CreateArrivals();

    public static Option<int?> Burst { get; } = OptionFactory.CreateCount(
        "--burst", "The number of requests that start together. Default: 1.", MaxPipeline);

    public static Option<int?> Seed { get; } = OptionFactory.CreateCount(
        "--seed", "The seed of random arrivals and random fields: the same seed gives the same load. Default: 1.");

    public static Option<TimeSpan?> Duration { get; } = OptionFactory.CreateDuration(
        "--duration", "The length of the measurement: 500ms, 30s, 5m. Default: 10s, or without an end with --count.");

    public static Option<long?> Count { get; } = OptionFactory.Create<long>(
        "--count", "number", "End after this number of requests: 1000, 50k.", ParseCount);

    public static Option<TimeSpan?> WarmUp { get; } = OptionFactory.CreateDuration(
        "--warm-up", "The time before the measurement, under the same load. Default: 500ms, and none with --count.");

    public static Option<TimeSpan?> Interval { get; } = OptionFactory.CreateDuration(
        "--interval", "The length of the intervals that are reported. Default: 1s.");

    public static Option<double?> ConnectRate { get; } = OptionFactory.Create<double>(
        "--connect-rate", "rate", "Maximum number of connects a second. Default: as fast as they complete.", RequestRate.Parse);

    public static Option<int?> RequestsPerConnection { get; } = OptionFactory.CreateCount(
        "--requests-per-connection", "Replace each connection after this number of requests.");

    public static Option<TimeSpan?> Lifetime { get; } = OptionFactory.CreateDuration(
        "--lifetime", "Replace each connection after this time.");

    public static Option<int?> Threads { get; } = OptionFactory.CreateCount(
        "--threads", "The number of threads that send and receive. Default: half of the processors.", 1024);

    public static Option<LinuxEngine?> Engine { get; } = CreateEngine();

    public static Option<string[]> Sources { get; } = OptionFactory.CreateTexts(
        "--source", "address",
        "A local address to connect from. Repeat it, or write a network (127.0.0.0/28): one address has about 28,000 ports.");

    public static IEnumerable<Option> All =>
    [
        Connections, Pipeline, Rate, Distribution, Burst, Seed, Duration, Count, WarmUp, Interval, ConnectRate,
        RequestsPerConnection, Lifetime, Threads, Engine, Sources, ConnectCommand.Timeout,
    ];

    public static EndPointText[] ParseTargets(SymbolResult result, IReadOnlyList<string> tokens) =>
    [
        .. EndPointArguments.JoinPairs(tokens)
            .Select(text => OptionFactory.ParseEndPoint(result, text, ConnectTarget.Validate)).OfType<EndPointText>(),
    ];

    public static void Validate(CommandResult result)
    {
        var isOpen = result.GetResult(Rate) is not null;
        foreach (var option in (Option[])[Distribution, Burst])
        {
            if (!isOpen && result.IsGiven(option))
                result.AddError($"{option.Name} is about the plan of an open loop: add --rate RATE.");
        }
    }

    private static Option<Arrivals?> CreateArrivals()
    {
        var option = OptionFactory.Create<Arrivals>(
            "--arrivals", "distribution",
            "The distribution of planned starts: constant, or poisson, as of many independent users. Default: constant.",
            (text, out error) =>
            {
                error = text is "constant" or "poisson" ? null : $"\"{text}\" is not a distribution. Write constant or poisson.";
                return text is "poisson" ? Arrivals.Poisson : Arrivals.Constant;
            });
        option.CompletionSources.Clear();
        option.CompletionSources.Add("constant", "poisson");
        return option;
    }

    private static Option<LinuxEngine?> CreateEngine()
    {
        var option = TransportOptions.CreateEngine(
            $"The engine of the load: {EngineNames.All}. Default: auto, the best that the system allows.");
        option.Aliases.Add("--transport");
        return option;
    }

    private static long? ParseCount(string text, out string? error)
    {
        var number = RequestRate.ParseNumber(text);
        error = number >= 1 && number <= 1e15 && number == Math.Floor(number) ? null
            : $"\"{text}\" is not a number from 1. Write it as 1000, 50k or 2M.";
        return error is null ? (long)number : null;
    }
}
