using Sockeye.Comparison.Contestants;
using Sockeye.Comparison.Servers;

namespace Sockeye.Comparison.Scenarios;

/// <summary>What the clients do.</summary>
internal enum LoadKind
{
    Ping,
    Stream,
    Connect,
    Idle,
    Broadcast,
}

/// <summary>One thing that is compared.</summary>
/// <param name="Name">What <c>--scenario</c> takes.</param>
/// <param name="Title">What the tables say.</param>
/// <param name="Kind">What the clients do.</param>
/// <param name="Connections">How many there are at once.</param>
/// <param name="MessageSize">In bytes, without the length before it where there is one.</param>
/// <param name="Depth">Messages that are sent before the answer to the first is waited for.</param>
internal sealed record Scenario(string Name, string Title, LoadKind Kind, int Connections, int MessageSize, int Depth = 1)
{
    /// <summary>What the servers do. More than one: those that can do all of them are compared with themselves.</summary>
    public IReadOnlyList<ServerMode> Modes { get; init; } = [ServerMode.Echo];

    /// <summary>Whether clients resume the TLS sessions of earlier connections.</summary>
    public bool ResumesTls { get; init; } = true;

    /// <summary>What one message is, in a table's head.</summary>
    public string Unit { get; init; } = "message";

    /// <summary>Which of its figures say something; the others are not shown.</summary>
    public IReadOnlyList<Figure> Figures { get; init; } = Figure.Standard;

    public IEnumerable<(Contestant Contestant, ServerMode Mode)> Rows(IEnumerable<Contestant> contestants) =>
        from contestant in contestants
        where Modes.All(contestant.Supports)
        from mode in Modes
        select (contestant, mode);
}
