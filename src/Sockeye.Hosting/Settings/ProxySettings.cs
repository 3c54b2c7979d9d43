using System.Net;
using System.Net.Sockets;

namespace Sockeye.Hosting;

/// <summary>The section "ProxyProtocol" of an endpoint.</summary>
internal static class ProxySettings
{
    public static void Apply(SettingsReader? reader, ListenOptions listen)
    {
        if (reader is null)
            return;
        var from = reader.List<IPNetwork[]>("From", SettingsParsers.Networks);
        if (from is null && listen.EndPoint is not UnixDomainSocketEndPoint)
        {
            reader.RequiredText(
                "From", "[ \"10.0.0.0/24\" ], the networks of the proxies: whoever is in them can claim to be any client");
        }

        listen.UseProxyProtocol(options =>
        {
            foreach (var network in (from ?? []).SelectMany(networks => networks))
                options.TrustedProxies.Add(network);
            reader.Read<TimeSpan>("HeaderTimeout", SettingsParsers.Time, time =>
            {
                options.HeaderTimeout = time;
                Check(options, options => options.HeaderTimeout = TimeSpan.FromSeconds(5));
            });
            reader.Read<int>("MaxHeaderLength", SettingsParsers.Number, length =>
            {
                options.MaxHeaderLength = length;
                Check(options, options => options.MaxHeaderLength = ProxyHeader.DefaultMaxLength);
            });
        });
        reader.ReportUnknown();
    }

    /// <summary>These options are checked when all are set; a setting is to be blamed for its own.</summary>
    private static void Check(ProxyProtocolOptions options, Action<ProxyProtocolOptions> otherwise)
    {
        try
        {
            options.Validate();
        }
        catch (ArgumentException)
        {
            otherwise(options); // The setting's error is enough: the rest is read on.
            throw;
        }
    }
}
