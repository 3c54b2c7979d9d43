using System.Text.RegularExpressions;

namespace Sockeye.Cli;

/// <summary>The library's messages name members of its API; who uses the tool knows its options.</summary>
internal static partial class OptionWords
{
    private static readonly Dictionary<string, string> Options = new()
    {
        ["Backlog"] = "--backlog",
        ["MaxConnections"] = "--max-connections",
        ["UseAddressLimit"] = "--max-per-address",
        ["UseAcceptRateLimit"] = "--accept-rate",
        ["UseAddressRules"] = "--allow, --deny",
        ["UseBandwidthLimit"] = "--rate",
        ["UseIdleTimeout"] = "--idle-timeout",
        ["Timeouts.Idle"] = "--idle-timeout",
        ["UseProxyProtocol"] = "--proxy-protocol",
        ["UseTls"] = "--tls",
        ["HandshakeTimeout"] = "--handshake-timeout",
        ["HeaderTimeout"] = "--handshake-timeout",
        ["PinnedFingerprint"] = "--pin",
        ["UseWireCapture"] = "--capture",
        ["ConnectTimeout"] = "--timeout",
        ["LocalEndPoint"] = "--local",
        ["KeepAliveTime"] = "--keep-alive",
        ["UserTimeout"] = "--user-timeout",
        ["call UseProxyProtocol before UseTls"] = "add --proxy-protocol",
        ["leave it null"] = "leave it out",
    };

    /// <summary>The same text with options instead of members.</summary>
    public static string Of(string text) =>
        Word().Replace(text, static word => Options.GetValueOrDefault(word.Value, word.Value));

    [GeneratedRegex(@"call UseProxyProtocol before UseTls|leave it null|\b(?:Timeouts\.)?[A-Z][a-z]\w+")]
    private static partial Regex Word();
}
