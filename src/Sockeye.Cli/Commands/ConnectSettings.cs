using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>The options of one run of <c>sockeye connect</c>.</summary>
internal sealed class ConnectSettings
{
    public required EndPointText Target { get; init; }

    public int Sockets { get; init; } = 1;

    public EndPointText? Local { get; init; }

    public TimeSpan? Timeout { get; init; }

    public bool Retry { get; init; }

    public LinuxEngine Engine { get; init; } = LinuxEngine.Sockets;

    public bool Trace { get; init; }

    public required ConnectProtection Protection { get; init; }

    public string? Capture { get; init; }
}
