using System.Text.Json.Serialization;

namespace Sockeye.Admin;

/// <summary>The response of /api/server. Times are in seconds, rates per second; unknown values are null. <c>Uptime</c> is the
/// server's, <c>Watched</c> the page's.</summary>
internal sealed record ServerView(
    DateTimeOffset Now,
    string Name,
    double Uptime,
    double Watched,
    EngineView Engine,
    ProcessView Process,
    StoppingView? Stopping,
    int Connections,
    int MaxConnections,
    int Waiting,
    double LongestWait,
    int ReadPaused,
    int SendBlocked,
    int ReadsStalled,
    int SendsStalled,
    double? AcceptedPerSecond,
    double? ReceivedPerSecond,
    double? SentPerSecond,
    IReadOnlyList<SignView> Signs,
    IReadOnlyList<ListenerView> Listeners,
    IReadOnlyList<TakeoverView> Takeovers);

/// <summary>A takeover. The pauses are those of the connections that came over.</summary>
internal sealed record TakeoverView(
    string Outcome,
    int Process,
    DateTimeOffset EndedAt,
    double Duration,
    int Listeners,
    int Moved,
    int Stayed,
    int Cut,
    double? MedianPause,
    double? P99Pause,
    double? MaxPause,
    string? Reason);

/// <summary>The engine, and the reason for its selection.</summary>
internal sealed record EngineView(string Name, string? Reason);

/// <summary>The process of the server. <c>Cpu</c> is in processors: 1 means all the time of one.</summary>
internal sealed record ProcessView(
    int Id,
    string Host,
    string Program,
    string Version,
    string Sockeye,
    string Runtime,
    DateTimeOffset StartedAt,
    int Processors,
    double? Cpu,
    long WorkingSet,
    long GcHeap);

/// <summary>A planned stop. <c>TimeLeft</c> is null if the stop has no time limit.</summary>
internal sealed record StoppingView(int Left, double? TimeLeft, string Text);

/// <summary>A saturation sign. At level 1, clients fail.</summary>
internal sealed record SignView(string Kind, string? EndPoint, double Level, string Text);

internal sealed record ListenerView(
    string EndPoint,
    bool IsListening,
    IReadOnlyList<string> Middleware,
    long Accepted,
    double? AcceptedPerSecond,
    long Open,
    int? QueueDepth,
    int? QueueLimit,
    double? AcceptFailingFor,
    double? HeldFor);

/// <summary>One page of connections.</summary>
/// <param name="Total">The number of open connections.</param>
/// <param name="Matching">The number of connections that match the query.</param>
/// <param name="Offset">The number of matching connections before the first row.</param>
/// <param name="Rows">At most <see cref="ConnectionQuery.MaxRows"/> rows.</param>
internal sealed record ConnectionsView(int Total, int Matching, int Offset, IReadOnlyList<ConnectionRow> Rows);

internal sealed record ConnectionRow(
    string Id,
    string Listener,
    string? Local,
    string? Remote,
    string? Proxy,
    string State,
    bool ReadPaused,
    bool SendBlocked,
    double ReadPausedFor,
    double SendBlockedFor,
    double Age,
    double? IdleTime,
    long? Received,
    long? Sent,
    double? ReceivedPerSecond,
    double? SentPerSecond,
    double? RoundTrip,
    long? Retransmits,
    long? Unsent,
    string? CloseReason);

/// <summary>Recently closed connections, newest first, and their number per cause.</summary>
internal sealed record ClosedView(IReadOnlyList<CloseCount> Causes, IReadOnlyList<ClosedRow> Rows);

internal sealed record CloseCount(string Cause, string By, int Count);

internal sealed record ClosedRow(
    string Id,
    string Listener,
    string? Local,
    string? Remote,
    DateTimeOffset ClosedAt,
    double Duration,
    long? Received,
    long? Sent,
    string Cause,
    string By,
    string Reason);

/// <summary>Samples, oldest first; each is one number in every list. <c>Next</c> is the value of <c>since</c> for newer samples
/// only. <c>Interval</c> is the planned time between two samples, and <c>Time</c> the time of each since the page's
/// start.</summary>
internal sealed record HistoryView(
    double Interval,
    long Next,
    IReadOnlyList<double> Time,
    IReadOnlyList<int> Connections,
    IReadOnlyList<double?> Accepted,
    IReadOnlyList<double?> Received,
    IReadOnlyList<double?> Sent,
    IReadOnlyList<int> QueueDepth,
    IReadOnlyList<int> QueueLimit,
    IReadOnlyList<int> Waiting,
    IReadOnlyList<int> ReadPaused,
    IReadOnlyList<int> SendBlocked);

/// <summary>The body of a POST to /api/close.</summary>
internal sealed record CloseRequest(string? Id, string? Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerView))]
[JsonSerializable(typeof(ConnectionsView))]
[JsonSerializable(typeof(ClosedView))]
[JsonSerializable(typeof(HistoryView))]
[JsonSerializable(typeof(CloseRequest))]
internal sealed partial class AdminJson : JsonSerializerContext;
