using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Hosting;

/// <summary>The section "Tls" of an endpoint. Paths are relative to the host's content root.</summary>
internal static class TlsSettings
{
    public static void Apply(SettingsReader? reader, ListenOptions listen, string contentRoot)
    {
        if (reader is null)
            return;
        var isUsable = false;
        try
        {
            listen.UseTls(tls => isUsable = Apply(reader, tls, contentRoot));
        }
        catch (ArgumentException) when (!isUsable)
        {
            // The reader has reported why no certificate could be added.
        }
    }

    /// <summary>Returns whether a certificate was added.</summary>
    private static bool Apply(SettingsReader reader, TlsServerOptions tls, string contentRoot)
    {
        var isUsable = false;
        var named = AddCertificate(reader, tls, contentRoot, ref isUsable);
        foreach (var other in Below(reader.Section("Others")))
        {
            if (!AddCertificate(other, tls, contentRoot, ref isUsable))
                other.RequiredText("Certificate", "\"server.pem\"");
            other.ReportUnknown();
        }

        if (!named)
            reader.RequiredText("Certificate", "\"server.pem\", and Key if it is in another file");
        reader.Read<TimeSpan>(
            nameof(tls.HandshakeTimeout), SettingsParsers.Time, time => tls.HandshakeTimeout = time);
        reader.Read<int>(nameof(tls.MaxHandshakes), SettingsParsers.Number, value => tls.MaxHandshakes = value);
        if (reader.Text("ClientAuthorities") is { } authorities)
        {
            reader.Try("ClientAuthorities", authorities, () =>
            {
                var trusted = new X509Certificate2Collection();
                trusted.ImportFromPemFile(Path.GetFullPath(authorities, contentRoot));
                if (trusted.Count == 0)
                    throw new InvalidOperationException("there is no certificate in the file (PEM).");
                tls.RequireClientCertificate(trusted);
            });
        }

        if (reader.List<string>("ApplicationProtocols", Protocol) is { } protocols)
            tls.Authentication.ApplicationProtocols = [.. protocols.Select(name => new SslApplicationProtocol(name))];
        reader.ReportUnknown();
        return isUsable;
    }

    private static IEnumerable<SettingsReader> Below(SettingsReader? list) =>
        list?.Names.Select(list.Section).OfType<SettingsReader>() ?? [];

    /// <summary>Returns whether a certificate is named. It may be unusable.</summary>
    private static bool AddCertificate(SettingsReader reader, TlsServerOptions tls, string contentRoot, ref bool isUsable)
    {
        var (certificate, key, password) = (reader.Text("Certificate"), reader.Text("Key"), reader.Text("Password"));
        if (string.IsNullOrEmpty(certificate))
            return false;
        var isAdded = false;
        reader.Try("Certificate", certificate, () =>
        {
            tls.AddCertificateFiles(
                Path.GetFullPath(certificate, contentRoot), key is null ? null : Path.GetFullPath(key, contentRoot), password);
            isAdded = true;
        });
        isUsable |= isAdded;
        return true;
    }

    private static string? Protocol(string text, out string value)
    {
        value = text;
        return System.Text.Encoding.UTF8.GetByteCount(text) is >= 1 and <= 255 ? null : "a protocol's name has 1 to 255 bytes.";
    }
}
