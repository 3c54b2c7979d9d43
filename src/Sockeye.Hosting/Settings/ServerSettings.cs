namespace Sockeye.Hosting;

/// <summary>Settings of the server as a whole.</summary>
internal static class ServerSettings
{
    public static void Apply(SettingsReader reader, SockeyeServerOptions options)
    {
        reader.Read<int>(nameof(options.MaxConnections), SettingsParsers.Number, value => options.MaxConnections = value);
        reader.Read<LimitAction>(
            nameof(options.AtMaxConnections), SettingsParsers.Action, action => options.AtMaxConnections = action);
        reader.Read<TimeSpan>(nameof(options.ShutdownTimeout), SettingsParsers.Time, time => options.ShutdownTimeout = time);
        reader.Read<int>(nameof(options.MaxClosedHistory), SettingsParsers.Number, value => options.MaxClosedHistory = value);
        if (reader.Text("Takeover") is { } path)
            reader.Try("Takeover", path, () => options.UseTakeover(path));
        TimeoutSettings.Apply(reader.Section(nameof(options.Timeouts)), options.Timeouts);
    }
}
