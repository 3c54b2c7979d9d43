using System.Globalization;

namespace Sockeye.Admin;

/// <summary>Which connections somebody asks for, and in which order.</summary>
/// <param name="Sort">By what.</param>
/// <param name="Descending">The largest first.</param>
/// <param name="Text">What stands somewhere in id, addresses or close reason, whatever its case; empty: anything.</param>
/// <param name="State">As rows name it, or <c>readPaused</c>, <c>sendBlocked</c>; empty: any.</param>
/// <param name="Listener">The listener's address; empty: any.</param>
/// <param name="Offset">How many to leave out.</param>
/// <param name="Limit">How many rows.</param>
internal sealed record ConnectionQuery(
    ConnectionSort Sort, bool Descending, string Text, string State, string Listener, int Offset, int Limit)
{
    public const int MaxRows = 200;
    private const int DefaultRows = 50;
    private const int MaxText = 100;
    private const int MaxOffset = 10_000_000;

    private static readonly Dictionary<string, ConnectionSort> Sorts =
        Enum.GetValues<ConnectionSort>().ToDictionary(sort => Names.Of(sort));

    private static readonly Dictionary<string, bool> Orders = new() { ["asc"] = false, ["desc"] = true };

    private static readonly string[] States =
        ["", "waiting", "open", "halfClosed", "closing", "readPaused", "sendBlocked"];

    /// <exception cref="HttpRefusal">It asks for what there is not.</exception>
    public static ConnectionQuery Parse(IReadOnlyDictionary<string, string> arguments)
    {
        foreach (var name in arguments.Keys)
        {
            if (name is not ("sort" or "order" or "q" or "state" or "listener" or "offset" or "limit"))
                throw HttpRefusal.Bad($"\"{name}\" is no argument here: write sort, order, q, state, listener, offset or limit");
        }

        var text = arguments.GetValueOrDefault("q", "").Trim();
        if (text.Length > MaxText)
            throw HttpRefusal.Bad($"q has {text.Length} characters, and at most {MaxText} are looked for");
        return new(
            Choice("sort", Sorts, Names.Of(ConnectionSort.Age)),
            Choice("order", Orders, "asc"),
            text,
            Choice("state", States.ToDictionary(state => state), ""),
            arguments.GetValueOrDefault("listener", ""),
            Number("offset", 0, MaxOffset, 0),
            Number("limit", 1, MaxRows, DefaultRows));

        T Choice<T>(string name, Dictionary<string, T> choices, string usual) =>
            choices.TryGetValue(arguments.GetValueOrDefault(name, usual), out var chosen) ? chosen : throw HttpRefusal.Bad(
                $"{name} is \"{arguments[name]}\", and can be {string.Join(", ", choices.Keys.Where(key => key.Length > 0))}");

        int Number(string name, int least, int most, int usual) =>
            !arguments.TryGetValue(name, out var given) ? usual
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= least && number <= most ? number
            : throw HttpRefusal.Bad($"{name} is \"{given}\", and must be a number from {least} to {most}");
    }
}

/// <summary>What connections can be ordered by. The kernel is not asked for all of them, so what it alone knows is not
/// here.</summary>
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
