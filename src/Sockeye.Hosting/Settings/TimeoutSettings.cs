namespace Sockeye.Hosting;

/// <summary>The section "Timeouts", of a server and of an endpoint.</summary>
internal static class TimeoutSettings
{
    /// <summary>Returns null if the section does not exist.</summary>
    public static void Apply(SettingsReader? reader, ConnectionTimeouts timeouts)
    {
        if (reader is null)
            return;
        reader.Read<TimeSpan>(nameof(timeouts.Idle), SettingsParsers.Time, time => timeouts.Idle = time);
        reader.Read<TimeSpan>(nameof(timeouts.ReceiveIdle), SettingsParsers.Time, time => timeouts.ReceiveIdle = time);
        reader.Read<TimeSpan>(nameof(timeouts.SendIdle), SettingsParsers.Time, time => timeouts.SendIdle = time);
        reader.Read<TimeSpan>(nameof(timeouts.FirstByte), SettingsParsers.Time, time => timeouts.FirstByte = time);
        reader.Read<TimeSpan>(nameof(timeouts.WriteStall), SettingsParsers.Time, time => timeouts.WriteStall = time);
        reader.Read<TimeSpan>(nameof(timeouts.Lifetime), SettingsParsers.Time, time => timeouts.Lifetime = time);
        reader.Read<TimeSpan>(
            nameof(timeouts.LifetimeGracePeriod), SettingsParsers.Time, time => timeouts.LifetimeGracePeriod = time);
        ReadRate(reader, nameof(timeouts.MinReceiveRate), rate => timeouts.MinReceiveRate = rate);
        ReadRate(reader, nameof(timeouts.MinSendRate), rate => timeouts.MinSendRate = rate);
        reader.ReportUnknown();
    }

    private static void ReadRate(SettingsReader above, string key, Action<DataRate> apply)
    {
        if (above.Section(key) is not { } reader)
            return;
        var (bytes, period) = (0L, TimeSpan.FromSeconds(10));
        var text = reader.RequiredText(nameof(DataRate.BytesPerSecond), "\"100\"");
        reader.Read<TimeSpan>(nameof(DataRate.GracePeriod), SettingsParsers.Time, time => period = time);
        reader.Read<long>(nameof(DataRate.BytesPerSecond), SettingsParsers.Bytes, rate => bytes = rate);
        reader.ReportUnknown();
        if (bytes > 0)
            above.Try(key, $"{text} over {period}", () => apply(new(bytes, period)));
    }
}
