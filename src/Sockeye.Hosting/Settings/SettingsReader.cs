using Microsoft.Extensions.Configuration;

namespace Sockeye.Hosting;

/// <summary>Reads one section of a configuration and collects its errors: one sentence each, which starts with the full key and
/// the value.</summary>
internal sealed class SettingsReader(IConfigurationSection section, List<string> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Parses a text. Returns null if it is valid, otherwise the error as a sentence.</summary>
    public delegate string? Parser<T>(string text, out T value);

    public string Path => section.Path;

    /// <summary>The names of the child sections, which the user chooses.</summary>
    public IEnumerable<string> Names => section.GetChildren().Select(child => child.Key);

    public static bool Exists(IConfigurationSection section) => section.Value is not null || section.GetChildren().Any();

    /// <summary>Returns null if the setting does not exist or is not a single value.</summary>
    public string? Text(string key)
    {
        _known.Add(key);
        var setting = section.GetSection(key);
        if (setting.GetChildren().Any())
        {
            errors.Add($"{setting.Path} is a section or a list, but has to be a single value.");
            return null;
        }

        return setting.Value;
    }

    public string? RequiredText(string key, string example)
    {
        var before = errors.Count;
        var text = Text(key);
        if (string.IsNullOrEmpty(text) && errors.Count == before)
            ReportMissing(key, example);
        return text;
    }

    public void ReportMissing(string key, string example) =>
        errors.Add($"{Path}:{key} is missing: add it, as in {example}.");

    /// <summary>Reads an optional setting.</summary>
    /// <param name="key">The name in this section.</param>
    /// <param name="parse">Parses the text.</param>
    /// <param name="apply">Applies the value. It may throw an option's exception for a value outside its range.</param>
    public void Read<T>(string key, Parser<T> parse, Action<T> apply)
    {
        if (Text(key) is not { } text)
            return;
        if (parse(text, out var value) is { } error)
            Fail(key, text, error);
        else
            Try(key, text, () => apply(value));
    }

    /// <summary>Applies a setting. An exception of the options becomes an error of the setting.</summary>
    public void Try(string key, string text, Action apply)
    {
        try
        {
            apply();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException
            or UnauthorizedAccessException or PlatformNotSupportedException
            or System.Security.Cryptography.CryptographicException)
        {
            Fail(key, text, MessageOf(e));
        }
    }

    /// <summary>Returns null if the section does not exist.</summary>
    public SettingsReader? Section(string key)
    {
        _known.Add(key);
        var below = section.GetSection(key);
        if (!string.IsNullOrEmpty(below.Value))
        {
            Fail(key, below.Value, "it has to be a section with settings.");
            return null;
        }

        // An empty section of a JSON file has no children, but is a child of its parent.
        return section.GetChildren().Any(child => child.Key.Equals(key, StringComparison.OrdinalIgnoreCase))
            ? new(below, errors)
            : null;
    }

    /// <summary>Reads a list, or one value with commas, as in environment variables. Returns null if it does not exist.</summary>
    public IReadOnlyList<T>? List<T>(string key, Parser<T> parse)
    {
        _known.Add(key);
        var list = section.GetSection(key);
        if (!section.GetChildren().Any(child => child.Key.Equals(key, StringComparison.OrdinalIgnoreCase)))
            return null;
        var texts = list.Value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            ?? [.. list.GetChildren().Select(child => child.Value ?? "")];
        if (texts.Length == 0)
            errors.Add($"{list.Path} is empty: name at least one, or leave it out.");
        List<T> values = [];
        foreach (var text in texts)
        {
            if (parse(text, out var value) is { } error)
                Fail(key, text, error);
            else
                values.Add(value);
        }

        return values;
    }

    public void Fail(string key, string text, string why) => errors.Add($"{Path}:{key} is \"{text}\": {why}");

    /// <summary>Reports unknown settings, after all known ones were read, so that a misspelled setting is an error.</summary>
    public void ReportUnknown()
    {
        foreach (var name in Names.Where(name => !_known.Contains(name)))
        {
            errors.Add($"{Path}:{name} is not a setting. There are: "
                + $"{string.Join(", ", _known.Order(StringComparer.OrdinalIgnoreCase))}.");
        }
    }

    /// <summary>Returns the message without .NET's suffix about the parameter.</summary>
    private static string MessageOf(Exception e)
    {
        var end = e is ArgumentException ? e.Message.IndexOf(" (Parameter", StringComparison.Ordinal) : -1;
        return end < 0 ? e.Message : e.Message[..end];
    }
}
