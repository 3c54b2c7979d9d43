namespace Sockeye.Cli;

/// <summary>The state of a source at one moment, with the rows that a screen needs.</summary>
internal sealed record TopSnapshot
{
    public static TopSnapshot Empty { get; } = new();

    public DateTimeOffset At { get; init; }

    /// <summary>Gets the lines above the table: identity, counts, rates.</summary>
    public IReadOnlyList<string> Figures { get; init; } = [];

    /// <summary>Gets the warnings: saturation signs, missing rights.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public int Total { get; init; }

    /// <summary>Gets the number of connections that match the filter.</summary>
    public int Matching { get; init; }

    /// <summary>Gets the number of matching connections before the first row.</summary>
    public int Offset { get; init; }

    public IReadOnlyList<TopRow> Rows { get; init; } = [];

    public IReadOnlyList<TopListener> Listeners { get; init; } = [];

    /// <summary>Gets the connections that ended, newest first.</summary>
    public IReadOnlyList<TopClosed> Closed { get; init; } = [];

    /// <summary>Gets the connection whose page is open, also after its end.</summary>
    public TopRow? Watched { get; init; }

    public TopRates Rates { get; init; } = new();
}

/// <summary>Rates of the machine or of the server, per second; null where unknown.</summary>
internal sealed record TopRates(
    double? Received = null, double? Sent = null, double? Accepted = null, double? ListenOverflows = null,
    double? ListenDrops = null, double? Retransmitted = null);

/// <summary>A listener.</summary>
/// <param name="EndPoint">The address and port.</param>
/// <param name="Queue">The clients to accept.</param>
/// <param name="Backlog">The limit of the queue.</param>
/// <param name="Connections">Open connections of this listener.</param>
internal sealed record TopListener(string EndPoint, long? Queue, long? Backlog, long Connections)
{
    /// <summary>Gets the clients that were dropped since it exists.</summary>
    public long? Drops { get; init; }

    public double? DropsPerSecond { get; init; }

    public long? Accepted { get; init; }

    public double? AcceptedPerSecond { get; init; }

    public SocketOwner? Owner { get; init; }

    public string? Note { get; init; }
}

/// <summary>A connection that ended.</summary>
internal sealed record TopClosed(
    DateTimeOffset At, string Local, string Remote, TimeSpan Duration, bool IsOlder, long? Received, long? Sent, string Reason);

/// <summary>The part of a source that a screen shows.</summary>
internal sealed record TopQuery(
    TopColumn Sort, bool IsDescending, TopFilter Filter, int Offset, int Limit, string? Watched = null);
