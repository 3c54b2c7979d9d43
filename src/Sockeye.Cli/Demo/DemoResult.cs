namespace Sockeye.Cli;

/// <summary>One call of a socket function, as the demo shows it.</summary>
internal sealed record DemoStep(
    string Side, string Function, long Socket, string? Local, string? Remote, long? Bytes, double? Milliseconds,
    string? State, string? Note)
{
    /// <summary>The sent data: a number of bytes, FIN or RST; null for nothing.</summary>
    public string? OnTheWire => Note is not null && Note.StartsWith("FIN", StringComparison.Ordinal) ? "FIN"
        : Note is not null && Note.StartsWith("RST", StringComparison.Ordinal) ? "RST"
        : Bytes is { } count ? $"{count} B"
        : null;
}

/// <summary>One part of a connection's life: the calls, their meaning, and the measurements.</summary>
internal sealed record DemoScene(string Function, string Title, IReadOnlyList<DemoStep> Steps, IReadOnlyList<string> Facts)
{
    /// <summary>The functions that a Windows program calls; null without a socket function.</summary>
    public string? Winsock => WinsockNames.Find(Function);

    /// <summary>Finished handshakes that wait for accept(), after the scene; null if the system does not report it.</summary>
    public int? AcceptQueueDepth { get; init; }

    public int? AcceptQueueLimit { get; init; }

    public double? HandshakeMilliseconds { get; init; }

    public double? CpuPercent { get; init; }
}

/// <summary>The result of one client of the second part.</summary>
internal sealed record DemoClientResult(
    string Local, string ServerSees, int Messages, int WrongEchoes, long Bytes, double RoundTripP50Ms, double RoundTripP99Ms);

/// <summary>The result of all clients together.</summary>
internal sealed record DemoTotals(
    int Clients, int Messages, int WrongEchoes, long Bytes, double Seconds, double RoundTripP50Ms, double RoundTripP99Ms);

/// <summary>The whole result, for <c>--json</c>.</summary>
internal sealed record DemoResult(
    IReadOnlyList<DemoScene> Life, IReadOnlyList<DemoClientResult> Clients, DemoTotals Totals, bool Ok);
