namespace Sockeye.Cli;

/// <summary>The result of a load: the document of <c>--json</c>. Times are in milliseconds, rates in requests a second.</summary>
internal sealed record BenchResult
{
    public string Tool { get; init; } = "sockeye bench";

    public required IReadOnlyList<string> Targets { get; init; }

    public required string Engine { get; init; }

    /// <summary>"closed" or "open".</summary>
    public required string Loop { get; init; }

    public required int Connections { get; init; }

    public required int Pipeline { get; init; }

    public required int RequestBytes { get; init; }

    /// <summary>The length of the measurement, without the warm-up.</summary>
    public required double Seconds { get; init; }

    /// <summary>The rate of the plan; null in a closed loop.</summary>
    public double? AskedRate { get; init; }

    /// <summary>The rate of the answers.</summary>
    public required double Rate { get; init; }

    public required long Answers { get; init; }

    /// <summary>The number of requests that failed, and of connects.</summary>
    public required long Errors { get; init; }

    public required IReadOnlyDictionary<string, long> ErrorsByKind { get; init; }

    public required IReadOnlyDictionary<string, string> ErrorExamples { get; init; }

    /// <summary>Connections that the server ended without an open request, by reason.</summary>
    public required IReadOnlyDictionary<string, long> ClosedByServer { get; init; }

    /// <summary>Requests that were sent and had no answer at the end.</summary>
    public required long Unanswered { get; init; }

    /// <summary>Requests of the plan that were not sent, because all connections were busy until the end.</summary>
    public required long Unsent { get; init; }

    /// <summary>Whether the rate was less than asked, so that latencies are lower bounds.</summary>
    public required bool Saturated { get; init; }

    /// <summary>Whether this program was the limit, and not the server.</summary>
    public required bool GeneratorLimited { get; init; }

    /// <summary>Times from the planned start to the answer.</summary>
    public required LatencySummary LatencyMs { get; init; }

    /// <summary>Times from the sending to the answer: without the time that requests waited for a connection.</summary>
    public required LatencySummary UncorrectedMs { get; init; }

    public required LatencySummary ConnectMs { get; init; }

    /// <summary>Times from the first request of a connection, or its connect, to the first byte.</summary>
    public required LatencySummary FirstByteMs { get; init; }

    /// <summary>Times by which this program sent requests late; null in a closed loop.</summary>
    public LatencySummary? ScheduleErrorMs { get; init; }

    /// <summary>The bytes of the requests that were answered, or that the system has accepted if there are no answers.</summary>
    public required double SentBytesPerSecond { get; init; }

    public required double ReceivedBytesPerSecond { get; init; }

    public required GeneratorUse Generator { get; init; }

    /// <summary>The processes of the server; null if they are not on this machine, or of another user.</summary>
    public ServerUse? Server { get; init; }

    public required IReadOnlyList<Pause> Pauses { get; init; }

    public required IReadOnlyList<SlowRequestRow> Slowest { get; init; }

    public required IReadOnlyList<IntervalRow> Intervals { get; init; }

    /// <summary>Sentences for the reader.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>The processor time of this program.</summary>
/// <param name="CpuUsPerMessage">Microseconds for each answer.</param>
/// <param name="BusiestThread">The part of the time in which its busiest thread ran.</param>
/// <param name="WaitedForProcessor">The part of the time in which a thread was ready and had no processor.</param>
internal sealed record GeneratorUse(double CpuUsPerMessage, double BusiestThread, double WaitedForProcessor);

/// <summary>The processor time of the server.</summary>
/// <param name="ProcessIds">Its processes.</param>
/// <param name="Name">The name of the first.</param>
/// <param name="CpuUsPerMessage">Microseconds for each answer.</param>
/// <param name="Processors">The number of processors that it used on average.</param>
internal sealed record ServerUse(
    IReadOnlyList<int> ProcessIds, string Name, double CpuUsPerMessage, double Processors);

/// <summary>An interval of a measurement.</summary>
/// <param name="At">Its start in seconds after the warm-up.</param>
/// <param name="Seconds">Its length.</param>
/// <param name="Rate">The rate of the answers.</param>
/// <param name="Errors">The errors in it.</param>
/// <param name="LatencyMs">Times from the planned start.</param>
/// <param name="UncorrectedMs">Times from the sending.</param>
/// <param name="ServerCpuUs">The processor time of the server for each answer; null if it is not known.</param>
/// <param name="Signs">The signs of saturation that the admin page of the server showed; null without a page.</param>
internal sealed record IntervalRow(
    double At, double Seconds, double Rate, long Errors, LatencySummary LatencyMs, LatencySummary UncorrectedMs,
    double? ServerCpuUs, IReadOnlyList<string>? Signs);

/// <summary>A slow request.</summary>
/// <param name="At">Its planned start in seconds after the warm-up.</param>
/// <param name="Ms">The time to its answer.</param>
/// <param name="WaitedMs">The part of it before it was sent.</param>
/// <param name="Connection">The number of its connection.</param>
/// <param name="Local">The local endpoint.</param>
/// <param name="RttMs">The round-trip time of the connection that the kernel measured.</param>
/// <param name="Retransmits">The segments that the connection has sent again.</param>
internal sealed record SlowRequestRow(
    double At, double Ms, double WaitedMs, int Connection, string Local, double? RttMs, long? Retransmits);

/// <summary>A time in which answers stopped.</summary>
/// <param name="At">Its start in seconds after the warm-up.</param>
/// <param name="Ms">Its length.</param>
/// <param name="Interval">The number of the interval in which the answers came, from 1.</param>
internal sealed record Pause(double At, double Ms, int Interval);
