using System.Net;

namespace Sockeye.Hosting;

/// <summary>Limits of an endpoint, in the order that protects best: limits that do not need the client's address come
/// first.</summary>
internal static class LimitSettings
{
    public static void ApplyBeforeProxy(SettingsReader reader, ListenOptions listen)
    {
        LimitAction? atMax = null;
        LimitAction? atRate = null;
        int? burst = null;
        reader.Read<LimitAction>("AtMaxConnections", SettingsParsers.Action, action => atMax = action);
        reader.Read<int>("MaxConnections", SettingsParsers.Number, value => listen.UseConnectionLimit(value, atMax));
        reader.Read<LimitAction>("AtAcceptRate", SettingsParsers.Action, action => atRate = action);
        reader.Read<int>("AcceptBurst", SettingsParsers.Number, value => burst = value);
        reader.Read<double>("AcceptRate", SettingsParsers.Rate, rate => listen.UseAcceptRateLimit(rate, burst, atRate));
        Needs(reader, "AtMaxConnections", "MaxConnections");
        Needs(reader, "AtAcceptRate", "AcceptRate");
        Needs(reader, "AcceptBurst", "AcceptRate");
    }

    public static void ApplyBehindProxy(SettingsReader reader, ListenOptions listen)
    {
        var allow = reader.List<IPNetwork[]>("Allow", SettingsParsers.Networks);
        var deny = reader.List<IPNetwork[]>("Deny", SettingsParsers.Networks);
        if (allow is not null || deny is not null)
        {
            var rules = new AddressRules();
            rules.Replace((allow ?? []).SelectMany(networks => networks), (deny ?? []).SelectMany(networks => networks));
            listen.UseAddressRules(rules);
        }

        if (reader.Section("PerAddress") is { } perAddress)
            reader.Try("PerAddress", "{ … }", () => listen.UseAddressLimit(options => Apply(perAddress, options)));
        Bandwidth(reader.Section("BandwidthPerConnection"), (receive, send) => listen.UseBandwidthLimit(receive, send));
        Bandwidth(reader.Section("Bandwidth"), (receive, send) => listen.UseBandwidthLimit(
            receive is { } r ? new BandwidthLimit(r) : null, send is { } s ? new BandwidthLimit(s) : null));
    }

    private static void Apply(SettingsReader reader, AddressLimitOptions options)
    {
        reader.Read<int>(nameof(options.MaxConnections), SettingsParsers.Number, value => options.MaxConnections = value);
        reader.Read<double>(nameof(options.AcceptRate), SettingsParsers.Rate, rate => options.AcceptRate = rate);
        reader.Read<int>(nameof(options.AcceptBurst), SettingsParsers.Number, burst => options.AcceptBurst = burst);
        reader.Read<int>(nameof(options.MaxAddresses), SettingsParsers.Number, value => options.MaxAddresses = value);
        reader.Read<int>(
            nameof(options.IPv6PrefixLength), SettingsParsers.Number, length => options.IPv6PrefixLength = length);
        reader.Read<LimitAction>(nameof(options.AtLimit), SettingsParsers.Action, action => options.AtLimit = action);
        reader.ReportUnknown();
    }

    private static void Bandwidth(SettingsReader? reader, Action<long?, long?> apply)
    {
        if (reader is null)
            return;
        long? receive = null;
        long? send = null;
        reader.Read<long>("Receive", SettingsParsers.Bytes, rate => receive = rate);
        reader.Read<long>("Send", SettingsParsers.Bytes, rate => send = rate);
        reader.ReportUnknown();
        if (receive is null && send is null)
            reader.RequiredText("Receive", "\"10M\", or Send, or both");
        else
            apply(receive, send);
    }

    private static void Needs(SettingsReader reader, string key, string other)
    {
        if (reader.Text(key) is { } text && reader.Text(other) is null)
            reader.Fail(key, text, $"it has no effect without {other}: add that, or remove this.");
    }
}
