using Microsoft.Extensions.Configuration;

namespace Sockeye.Hosting;

/// <summary>A section as one text, to see whether anything in it has changed.</summary>
internal static class SettingsText
{
    /// <summary>Empty: there is nothing of it.</summary>
    public static string Of(IConfigurationSection section) => string.Join('\n', section.AsEnumerable(makePathsRelative: true)
        .Where(setting => setting.Key.Length > 0)
        .OrderBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase)
        .Select(setting => $"{setting.Key}={setting.Value}"));
}
