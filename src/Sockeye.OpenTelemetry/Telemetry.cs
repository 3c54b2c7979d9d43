namespace Sockeye.OpenTelemetry;

/// <summary>The names under which Sockeye reports, as docs/observability.md documents them.</summary>
internal static class Telemetry
{
    public static string[] Meters { get; } =
        ["Sockeye.Server", "Sockeye.Client", "Sockeye.Messages", "Sockeye.Tls", "Sockeye.Hosting", "Sockeye.Cluster"];

    public static string[] Sources { get; } = ["Sockeye", "Sockeye.Cluster"];
}
