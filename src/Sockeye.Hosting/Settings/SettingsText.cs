using Microsoft.Extensions.Configuration;

namespace Sockeye.Hosting;

/// <summary>Converts a section to one text, to detect changes in it.</summary>
internal static class SettingsText
{
    /// <summary>Returns an empty text if the section does not exist.</summary>
    public static string Create(IConfigurationSection section) => string.Join('\n', section.AsEnumerable(makePathsRelative: true)
        .Where(setting => setting.Key.Length > 0)
        .OrderBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase)
        .Select(setting => $"{setting.Key}={setting.Value}"));
}
