using System.Globalization;
using System.Text.RegularExpressions;

namespace Sockeye.Cli;

/// <summary>Translates messages of the library, which name members of its API, to the options of the tool.</summary>
internal static partial class OptionNames
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
        ["ListenAnyIP"] = "*:PORT",
        ["ShutdownTimeout"] = "the time that a stop has",
        [$"{nameof(ListenStatistics)}.{nameof(ListenStatistics.CountAsync)}"] = "summary",
        [$"{nameof(OnceGate)}.{nameof(OnceGate.AdmitFirstAsync)}"] = "--once",
        [$"{nameof(ListenRun)}.{nameof(ListenRun.LogTlsAsync)}"] = "--verbose",
        [$"{nameof(ListenTls)}.{nameof(ListenTls.ResetPlainTextAsync)}"] = "reset of plain text",
    };

    /// <summary>Returns the text with options instead of members, times with units, and correct singulars.</summary>
    public static string Translate(string text)
    {
        text = Word().Replace(text, static word => Options.GetValueOrDefault(word.Value, word.Value));
        text = Time().Replace(
            text, static time => QuantityText.FormatTime(TimeSpan.Parse(time.Value, CultureInfo.InvariantCulture)));
        return One().Replace(text, "$1");
    }

    [GeneratedRegex(@"call UseProxyProtocol before UseTls|leave it null|\b\w+\.\w+Async\b|\b(?:Timeouts\.)?[A-Z][a-z]\w+")]
    private static partial Regex Word();

    // As .NET writes a time span: 00:00:00.1500000.
    [GeneratedRegex(@"(?<![\w:.])(?:\d+\.)?\d\d:\d\d:\d\d(?:\.\d{7})?(?![\w:])")]
    private static partial Regex Time();

    [GeneratedRegex(
        @"(?<![\w.,:])(1 (?:other |waiting )?(?:byte|client|connection|frame|handler|listener|message|request|time))s\b")]
    private static partial Regex One();
}
