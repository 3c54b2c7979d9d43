namespace Sockeye.Cli;

/// <summary>The names of options: those of the tool for those of the library.</summary>
internal static class OptionNames
{
    private static readonly Dictionary<string, string> Names = new()
    {
        ["Backlog"] = "--backlog",
        ["MaxConnections"] = "--max-connections",
        ["UnsafePreferInlineScheduling"] = "--inline",
        ["UseAddressLimit"] = "--max-per-address",
        ["UseAcceptRateLimit"] = "--accept-rate",
        ["UseAddressRules"] = "--allow, --deny",
        ["UseBandwidthLimit"] = "--rate",
        ["UseProxyProtocol"] = "--proxy-protocol",
        ["UseTls"] = "--tls",
        ["Timeouts.Idle"] = "--idle-timeout",
        ["HandshakeTimeout"] = "--handshake-timeout",
        ["RequireClientCertificate"] = "--ca",
        ["TrustedAuthorities"] = "--ca",
        ["ClientCertificates"] = "--cert",
        ["PinnedFingerprint"] = "--pin",
        ["TargetHost"] = "--sni",
        ["ConnectTimeout"] = "--timeout",
        ["LocalEndPoint"] = "--local",
    };

    /// <summary>Returns the option of the tool that sets an option of the library; null if none does.</summary>
    public static string? Find(string option) => Names.GetValueOrDefault(option);

    /// <summary>Does the same for the connection of a relay to its server.</summary>
    public static string? FindOfRelay(string option) => option switch
    {
        "TrustedAuthorities" => "--to-ca",
        "ClientCertificates" => "--to-cert",
        "PinnedFingerprint" => "--to-pin",
        "TargetHost" => "--to-sni",
        _ => Find(option),
    };

    /// <summary>Returns the sentence, without a full stop, with the option of the tool.</summary>
    public static string Describe(Explanation explanation) => explanation.ToString(Find);

    /// <summary>Returns the message of an exception without a full stop, with the option of the tool.</summary>
    public static string Describe(Exception exception) => Describe(exception, Find);

    /// <summary>Does the same with the options of a command whose names differ.</summary>
    public static string Describe(Exception exception, Func<string, string?> find) => exception switch
    {
        ConnectException connect => connect.Explanation.ToString(find),
        TlsException tls => tls.Explanation.ToString(find),
        _ => exception.Message.TrimEnd('.'),
    };
}
