using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>What <c>sockeye listen</c> was asked for.</summary>
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

    /// <summary>Where the admin page is; null for none.</summary>
    public EndPointText? Admin { get; init; }

    public LinuxEngine Engine { get; init; }

    public bool Inline { get; init; }

    public bool Verbose { get; init; }

    public bool Trace { get; init; }
}
