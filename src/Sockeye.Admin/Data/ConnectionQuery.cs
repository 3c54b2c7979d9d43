using System.Globalization;

namespace Sockeye.Admin;

/// <summary>A query for connections: filter, order and page.</summary>
/// <param name="Sort">The sort key.</param>
/// <param name="Descending">Whether the largest come first.</param>
/// <param name="Text">Text in the id, an address or the close reason, not case-sensitive; empty means any.</param>
/// <param name="State">The state as in the rows, or <c>readPaused</c>, <c>sendBlocked</c>; empty means any.</param>
/// <param name="Listener">The listener's address; empty means any.</param>
/// <param name="Offset">The number of rows to skip.</param>
/// <param name="Limit">The maximum number of rows.</param>
internal sealed record ConnectionQuery(
    ConnectionSort Sort, bool Descending, string Text, string State, string Listener, int Offset, int Limit)
{
    public const int MaxRows = 200;
    private const int DefaultRows = 50;
    private const int MaxText = 100;
    private const int MaxOffset = 10_000_000;

    private static readonly Dictionary<string, ConnectionSort> Sorts =
        Enum.GetValues<ConnectionSort>().ToDictionary(sort => Names.GetName(sort));

    private static readonly Dictionary<string, bool> Orders = new() { ["asc"] = false, ["desc"] = true };

    private static readonly string[] States =
        ["", "waiting", "open", "halfClosed", "closing", "readPaused", "sendBlocked"];

    /// <exception cref="HttpRefusal">The query has an unknown argument or value.</exception>
    public static ConnectionQuery Parse(IReadOnlyDictionary<string, string> arguments)
    {
        foreach (var name in arguments.Keys)
        {
            if (name is not ("sort" or "order" or "q" or "state" or "listener" or "offset" or "limit"))
                throw HttpRefusal.Bad(
                    $"\"{name}\" is not an argument here: write sort, order, q, state, listener, offset or limit");
        }

        var text = arguments.GetValueOrDefault("q", "").Trim();
        if (text.Length > MaxText)
            throw HttpRefusal.Bad($"q has {text.Length} characters, and may have at most {MaxText}");
        return new(
            Choice("sort", Sorts, Names.GetName(ConnectionSort.Age)),
            Choice("order", Orders, "asc"),
            text,
            Choice("state", States.ToDictionary(state => state), ""),
            arguments.GetValueOrDefault("listener", ""),
            Number("offset", 0, MaxOffset, 0),
            Number("limit", 1, MaxRows, DefaultRows));

        T Choice<T>(string name, Dictionary<string, T> choices, string defaultValue) =>
            choices.TryGetValue(arguments.GetValueOrDefault(name, defaultValue), out var chosen) ? chosen : throw HttpRefusal.Bad(
                $"{name} is \"{arguments[name]}\", and can be {string.Join(", ", choices.Keys.Where(key => key.Length > 0))}");

        int Number(string name, int min, int max, int defaultValue) =>
            !arguments.TryGetValue(name, out var given) ? defaultValue
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= min && number <= max ? number
            : throw HttpRefusal.Bad($"{name} is \"{given}\", and must be a number from {min} to {max}");
    }
}

/// <summary>The sort keys of connections. They exclude values from the kernel, which are read for visible rows only.</summary>
internal enum ConnectionSort
{
    Age,
    Id,
    Remote,
    Local,
    State,
    IdleTime,
    Received,
    Sent,
    ReceivedPerSecond,
    SentPerSecond,
}
