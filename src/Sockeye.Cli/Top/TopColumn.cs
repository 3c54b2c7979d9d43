using System.Globalization;

namespace Sockeye.Cli;

/// <summary>A column of connections: its value as text, and its order.</summary>
/// <param name="Name">The name in <c>--sort</c>.</param>
/// <param name="Title">The title on the screen.</param>
/// <param name="Width">The number of columns of the terminal; for a flexible column, the least.</param>
/// <param name="Text">Returns the text of a row.</param>
/// <param name="Compare">Compares two rows, the smaller value first.</param>
internal sealed record TopColumn(
    string Name, string Title, int Width, Func<TopRow, string> Text, Comparison<TopRow> Compare)
{
    /// <summary>Gets whether the column has numbers, which are on the right, and of which the largest come first.</summary>
    public bool IsNumber { get; init; }

    public bool IsAddress { get; init; }

    /// <summary>Gets the order of the first columns to add when there is space; 0 is always shown.</summary>
    public int Rank { get; init; }

    /// <summary>Gets the name in the requests to an admin page; null if it cannot sort by it.</summary>
    public string? ServerSort { get; init; }

    private static readonly TopColumn Local = CreateAddress("local", "LOCAL", isLocal: true) with { ServerSort = "local" };

    private static readonly TopColumn Remote = CreateAddress("remote", "REMOTE", isLocal: false) with { ServerSort = "remote" };

    private static readonly TopColumn In = CreateNumber("in", "IN/s", 5, row => row.ReceivedPerSecond, TopText.Amount) with
    {
        ServerSort = "receivedPerSecond",
    };

    private static readonly TopColumn Out = CreateNumber("out", "OUT/s", 6, row => row.SentPerSecond, TopText.Amount) with
    {
        ServerSort = "sentPerSecond",
    };

    private static readonly TopColumn RoundTrip = CreateNumber(
        "rtt", "RTT", 6, row => row.RoundTrip?.TotalSeconds, row => TopText.Latency(row.RoundTrip));

    private static readonly TopColumn Retransmits = CreateNumber("retrans", "RETR", 5, row => row.Retransmits, TopText.Amount);

    private static readonly TopColumn Age = CreateNumber("age", "AGE", 7, row => row.Age?.TotalSeconds, TopText.Age) with
    {
        ServerSort = "age",
    };

    private static readonly TopColumn Received = CreateNumber("received", "RECEIVED", 8, row => row.Received, TopText.Amount) with
    {
        ServerSort = "received",
    };

    private static readonly TopColumn Sent = CreateNumber("sent", "SENT", 6, row => row.Sent, TopText.Amount) with
    {
        ServerSort = "sent",
    };

    /// <summary>The columns of the machine, in the order on the screen.</summary>
    public static IReadOnlyList<TopColumn> OfMachine { get; } =
    [
        Local, Remote, CreateText("state", "STATE", 10, row => row.State),
        CreateNumber("recvq", "RECV-Q", 6, row => row.ReceiveQueue, TopText.Amount) with { Rank = 2 },
        CreateNumber("sendq", "SEND-Q", 6, row => row.SendQueue, TopText.Amount) with { Rank = 1 },
        In, Out, RoundTrip, Retransmits with { Rank = 3 }, Age with { Rank = 4 },
        CreateNumber("idle", "IDLE", 6, row => row.Idle?.TotalSeconds, row => TopText.Age(row.Idle)) with { Rank = 6 },
        Received with { Rank = 7 }, Sent with { Rank = 8 },
        CreateNumber("cwnd", "CWND", 5, row => row.Measures.IsKnown ? row.Measures.CongestionWindow : null, TopText.Amount) with
        {
            Rank = 9,
        },
        CreateNumber("user", "USER", 6, row => row.UserId, row => row.UserId?.ToString(CultureInfo.InvariantCulture) ?? "") with
        {
            Rank = 10,
        },
        CreateNumber(
            "pid", "PID", 7, row => row.Owner?.ProcessId,
            row => row.Owner?.ProcessId.ToString(CultureInfo.InvariantCulture) ?? "") with { Rank = 5 },
        CreateText("process", "PROCESS", 11, ProcessOf),
    ];

    /// <summary>The columns of a server, in the order on the screen.</summary>
    public static IReadOnlyList<TopColumn> OfServer { get; } =
    [
        CreateText("id", "ID", 6, row => row.Id ?? "") with { ServerSort = "id" },
        Remote, Local with { Rank = 5 }, CreateText("state", "STATE", 10, row => row.State) with { ServerSort = "state" },
        In, Out, Age, RoundTrip with { Rank = 1 },
        CreateNumber("idle", "IDLE", 6, row => row.Idle?.TotalSeconds, row => TopText.Age(row.Idle)) with
        {
            Rank = 2, ServerSort = "idleTime",
        },
        CreateNumber("sendq", "UNSENT", 6, row => row.SendQueue, TopText.Amount) with { Rank = 3 },
        Retransmits with { Rank = 4 }, Received with { Rank = 6 }, Sent with { Rank = 7 },
        CreateText("note", "WAITS FOR", 18, row => row.Note ?? ""),
    ];

    public static string ProcessOf(TopRow row) => row.Owner switch
    {
        null => "",
        { Count: > 1 } shared => string.Create(CultureInfo.InvariantCulture, $"{shared.Name} ×{shared.Count}"),
        var owner => owner.Name,
    };

    private static TopColumn CreateText(string name, string title, int width, Func<TopRow, string> text) => new(
        name, title, width, text, (a, b) => string.CompareOrdinal(text(a), text(b)));

    private static TopColumn CreateAddress(string name, string title, bool isLocal) => new(
        name, title, 18, isLocal ? row => row.Local : row => row.Remote,
        (a, b) => CompareNames(a.GetName(isLocal), b.GetName(isLocal)))
    {
        IsAddress = true,
    };

    private static TopColumn CreateNumber(
        string name, string title, int width, Func<TopRow, double?> value, Func<double?, string> text) =>
        CreateNumber(name, title, width, value, row => text(value(row)));

    private static TopColumn CreateNumber(
        string name, string title, int width, Func<TopRow, double?> value, Func<TopRow, string> text) => new(
        name, title, width, text, (a, b) => (value(a) ?? -1).CompareTo(value(b) ?? -1))
    {
        IsNumber = true,
    };

    private static int CompareNames(SocketName a, SocketName b) =>
        a.Address != b.Address ? a.Address.CompareTo(b.Address) : a.Port.CompareTo(b.Port);
}
