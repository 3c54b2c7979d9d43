using System.CommandLine;

namespace Sockeye.Cli;

/// <summary>The options that protect a connection, of <c>sockeye listen</c> and <c>sockeye connect</c>.</summary>
internal static class ProtectionOptions
{
    public static Option<TimeSpan?> HandshakeTimeout { get; } = OptionFactory.CreateDuration(
        "--handshake-timeout", "Maximum time for a TLS handshake or a PROXY header. Default: 10s, and 5s for the header.");

    public static Option<long?> Rate { get; } = OptionFactory.Create<long>(
        "--rate", "rate", "Maximum number of bytes a second in each direction of a connection: 500k, 10M, 1Mi.",
        RateText.ParseBytes);

    public static Option<TimeSpan?> CreateIdleTimeout(string @default) => OptionFactory.CreateDuration(
        "--idle-timeout", $"Close connections without traffic for this long: 500ms, 30s, 5m. Default: {@default}.");
}
