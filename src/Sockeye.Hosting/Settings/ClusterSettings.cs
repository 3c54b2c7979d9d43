using Sockeye.Clustering;

namespace Sockeye.Hosting;

/// <summary>The section of a cluster. It is read at the start; a change takes effect with the next start.</summary>
internal static class ClusterSettings
{
    public static void Apply(SettingsReader reader, ClusterOptions options)
    {
        reader.Read<string>(nameof(options.Name), Text, name => options.Name = name);
        reader.Read<string>(nameof(options.NodeName), Text, name => options.NodeName = name);
        reader.Read<TimeSpan>(nameof(options.BeatInterval), SettingsParsers.Time, time => options.BeatInterval = time);
        reader.Read<TimeSpan>(nameof(options.NodeTimeout), SettingsParsers.Time, time => options.NodeTimeout = time);
        reader.Read<TimeSpan>(nameof(options.SendTimeout), SettingsParsers.Time, time => options.SendTimeout = time);
        reader.Read<int>(nameof(options.MaxQueuedBytes), SettingsParsers.Number, bytes => options.MaxQueuedBytes = bytes);
        reader.Read<SlowNodePolicy>(nameof(options.SlowNode), Policy, policy => options.SlowNode = policy);
        if (reader.Section("Groups") is { } groups)
        {
            var group = options.GroupOptions;
            groups.Read<int>(nameof(group.MaxQueuedMessages), SettingsParsers.Number, count => group.MaxQueuedMessages = count);
            groups.Read<int>(nameof(group.MaxReplayMessages), SettingsParsers.Number, count => group.MaxReplayMessages = count);
            groups.Read<SlowMemberPolicy>(nameof(group.SlowMember), Policy, policy => group.SlowMember = policy);
            groups.ReportUnknown();
        }

        reader.ReportUnknown();
    }

    private static string? Text(string text, out string value)
    {
        value = text;
        return null;
    }

    private static string? Policy<T>(string text, out T value)
        where T : struct, Enum =>
        Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0])
            ? null
            : $"write {string.Join(", ", Enum.GetNames<T>()[..^1])} or {Enum.GetNames<T>()[^1]}.";
}
