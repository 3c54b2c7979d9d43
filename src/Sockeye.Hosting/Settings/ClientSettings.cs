using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Hosting;

/// <summary>The section of a client. It is read at the start; a change takes effect with the next start.</summary>
internal static class ClientSettings
{
    private const string Forms = "7000 (localhost), 192.0.2.1:7000, [2001:db8::1]:7000, host.example:7000 or unix:/path";

    /// <summary>Returns the endpoints in the order of preference; none if they are missing or invalid.</summary>
    public static IReadOnlyList<EndPoint> Apply(
        SettingsReader reader, SockeyeClientOptions options, ConnectionPoolOptions pool, string contentRoot)
    {
        var endpoints = reader.List<EndPoint>("EndPoint", ParseEndPoint);
        if (endpoints is null)
            reader.ReportMissing("EndPoint", "\"host.example:7000\"");
        reader.Read<TimeSpan>(
            nameof(options.ConnectTimeout), SettingsParsers.Time, time => options.ConnectTimeout = time);
        ApplyReconnect(reader.Section(nameof(options.Reconnect)), options.Reconnect);
        TimeoutSettings.Apply(reader.Section(nameof(options.Timeouts)), options.Timeouts);
        ApplyPool(reader.Section("Pool"), pool);
        ApplyTls(reader, options, contentRoot);
        reader.ReportUnknown();
        return endpoints ?? [];
    }

    private static string? ParseEndPoint(string text, out EndPoint endpoint)
    {
        endpoint = null!;
        var parsed = EndPointText.Parse(text, out var reason);
        switch (parsed)
        {
            case null:
                return $"write an endpoint as {Forms}: {reason}.";
            case { Kind: EndPointKind.Any }:
                return $"a client connects to one host, so write {Forms}.";
            case { Kind: not EndPointKind.Unix, Port: 0 }:
                return "a port to connect to is 1 to 65535.";
            default:
                endpoint = parsed.EndPoint ?? new DnsEndPoint(parsed.Host, parsed.Port);
                return null;
        }
    }

    private static void ApplyReconnect(SettingsReader? reader, ReconnectOptions reconnect)
    {
        if (reader is null)
            return;
        reader.Read<TimeSpan>(nameof(reconnect.MinDelay), SettingsParsers.Time, time => reconnect.MinDelay = time);
        reader.Read<TimeSpan>(nameof(reconnect.MaxDelay), SettingsParsers.Time, time => reconnect.MaxDelay = time);
        reader.Read<TimeSpan>(nameof(reconnect.StableAfter), SettingsParsers.Time, time => reconnect.StableAfter = time);
        reader.Read<int>(nameof(reconnect.MaxAttempts), SettingsParsers.Number, count => reconnect.MaxAttempts = count);
        reader.ReportUnknown();
    }

    private static void ApplyPool(SettingsReader? reader, ConnectionPoolOptions pool)
    {
        if (reader is null)
            return;
        reader.Read<int>(nameof(pool.MaxConnections), SettingsParsers.Number, count => pool.MaxConnections = count);
        reader.Read<int>(nameof(pool.MaxWaiters), SettingsParsers.Number, count => pool.MaxWaiters = count);
        reader.Read<TimeSpan>(nameof(pool.WaitTimeout), SettingsParsers.Time, time => pool.WaitTimeout = time);
        reader.Read<TimeSpan>(nameof(pool.IdleTimeout), SettingsParsers.Time, time => pool.IdleTimeout = time);
        reader.ReportUnknown();
    }

    private static void ApplyTls(SettingsReader client, SockeyeClientOptions options, string contentRoot)
    {
        if (client.Section("Tls") is not { } reader)
            return;
        client.Try("Tls", "a section", () => options.UseTls(tls =>
        {
            if (reader.Text("ServerName") is { } name)
                tls.Authentication.TargetHost = name;
            if (reader.Text("Authorities") is { } file)
            {
                reader.Try("Authorities", file, () =>
                {
                    X509Certificate2Collection trusted = [];
                    trusted.ImportFromPemFile(Path.GetFullPath(file, contentRoot));
                    tls.TrustedAuthorities = trusted.Count > 0
                        ? trusted
                        : throw new InvalidOperationException("there is no certificate in the file (PEM).");
                });
            }

            if (reader.Text(nameof(tls.PinnedFingerprint)) is { } pin)
                reader.Try(nameof(tls.PinnedFingerprint), pin, () => tls.PinnedFingerprint = pin);
            reader.Read<TimeSpan>(
                nameof(tls.HandshakeTimeout), SettingsParsers.Time, time => tls.HandshakeTimeout = time);
            reader.ReportUnknown();
        }));
    }
}
