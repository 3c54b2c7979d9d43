using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>The options of one run of <c>sockeye listen</c>.</summary>
internal sealed class ListenSettings
{
    public required IReadOnlyList<EndPointText> EndPoints { get; init; }

    public bool Echo { get; init; }

    public string? Exec { get; init; }

    public bool Chat { get; init; }

    public bool Once { get; init; }

    public int? Backlog { get; init; }

    public int? MaxConnections { get; init; }

    public required ListenProtection Protection { get; init; }

    public string? Capture { get; init; }

    /// <summary>The endpoint of the admin page; null for none.</summary>
    public EndPointText? Admin { get; init; }

    public LinuxEngine Engine { get; init; }

    public bool Inline { get; init; }

    public bool Verbose { get; init; }

    public bool Trace { get; init; }
}
