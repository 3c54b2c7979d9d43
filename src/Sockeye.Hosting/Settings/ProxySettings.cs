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
                "From", "[ \"10.0.0.0/24\" ], the networks of the proxies: a trusted proxy can claim to be any client");
        }

        listen.UseProxyProtocol(options =>
        {
            foreach (var network in (from ?? []).SelectMany(networks => networks))
                options.TrustedProxies.Add(network);
            reader.Read<TimeSpan>("HeaderTimeout", SettingsParsers.Time, time => options.HeaderTimeout = time);
            reader.Read<int>("MaxHeaderLength", SettingsParsers.Number, length => options.MaxHeaderLength = length);
        });
        reader.ReportUnknown();
    }
}
