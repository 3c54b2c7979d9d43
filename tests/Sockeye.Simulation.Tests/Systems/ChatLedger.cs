using System.Globalization;

namespace Sockeye.Simulation.Tests.Systems;

/// <summary>The lines that were sent and received: they are numbered within a connection, from 0.</summary>
internal sealed class ChatLedger(Invariants invariants)
{
    private readonly Dictionary<string, Speaker> _speakers = [];

    /// <summary>Lines that were heard by the server, and by clients.</summary>
    public (long Server, long Clients) Heard { get; private set; }

    public Speaker Open(string client)
    {
        var speaker = new Speaker($"{client}-{_speakers.Count}");
        _speakers.Add(speaker.Name, speaker);
        return speaker;
    }

    /// <summary>The server has a line: it must be the next one of its connection.</summary>
    public Speaker? OnServer(Speaker? known, string line)
    {
        var (speaker, number) = Parse(line);
        invariants.Check(known is null || known == speaker, () => $"'{line}' came on the connection of {known!.Name}");
        invariants.Check(number == speaker?.Arrived, () => $"the server has '{line}' and missed {speaker?.Arrived}");
        if (speaker is null)
            return known;
        speaker.Arrived++;
        Heard = (Heard.Server + 1, Heard.Clients);
        return speaker;
    }

    /// <summary>The server read to the end that the client made: everything it said must have arrived.</summary>
    public void OnLeft(Speaker speaker) => invariants.Check(
        speaker.Arrived == speaker.Said,
        () => $"{speaker.Name} said {speaker.Said} lines and left in order, but {speaker.Arrived} arrived");

    /// <summary>A client has a line: of each speaker, all from the first it hears, and of itself all.</summary>
    public void OnClient(Speaker self, Dictionary<string, int> heard, string line)
    {
        var (speaker, number) = Parse(line);
        if (speaker is null)
            return;
        var next = heard.TryGetValue(speaker.Name, out var after) ? after : speaker == self ? 0 : number;
        invariants.Check(number == next, () => $"{self.Name} heard '{line}' where {next} was next");
        invariants.Check(number < speaker.Arrived, () => $"{self.Name} heard '{line}', which never reached the server");
        heard[speaker.Name] = number + 1;
        Heard = (Heard.Server, Heard.Clients + 1);
    }

    private (Speaker? Speaker, int Number) Parse(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var isWhole = space > 0 && _speakers.ContainsKey(line[..space]) && line.EndsWith('.');
        invariants.Check(isWhole, () => $"'{line}' was not sent by any client");
        return isWhole
            ? (_speakers[line[..space]], int.Parse(line[(space + 1)..].TrimEnd('.'), CultureInfo.InvariantCulture))
            : (null, 0);
    }

    /// <summary>One connection's lines.</summary>
    internal sealed class Speaker(string name)
    {
        public string Name => name;

        public int Said { get; private set; }

        public int Arrived { get; set; }

        /// <summary>Lines of all lengths, so that they end anywhere in a segment.</summary>
        public string NextLine() => $"{name} {Said++}{new string('.', 1 + (Said % 40))}";
    }
}
