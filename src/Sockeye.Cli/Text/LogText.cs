using System.Globalization;
using System.Net;
using System.Text;

namespace Sockeye.Cli;

/// <summary>Formats an entry of the library's log from its template and values, with the tool's options and units.</summary>
internal static class LogText
{
    // As Microsoft.Extensions.Logging names the template among the values.
    private const string TemplateKey = "{OriginalFormat}";

    /// <summary>The nouns that may follow a number in a template; after 1, without their last letter.</summary>
    private static readonly string[] Plurals =
    [
        " bytes", " clients", " connections", " frames", " handlers", " other connections", " requests", " times",
        " waiting clients",
    ];

    public static string Format<TState>(
        TState state, Exception? exception, Func<TState, Exception?, string> defaultFormatter)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> values
            || values.FirstOrDefault(value => value.Key == TemplateKey).Value is not string template)
            return defaultFormatter(state, exception);

        var text = new StringBuilder();
        var isOne = false;
        while (template.IndexOf('{', StringComparison.Ordinal) is >= 0 and var open)
        {
            text.Append(WithNumber(template[..open], isOne));
            var close = template.IndexOf('}', StringComparison.Ordinal);
            var (name, format) = template[(open + 1)..close].Split(':', 2) is [var before, var after]
                ? (before, after)
                : (template[(open + 1)..close], null);
            var value = values.First(value => value.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
            text.Append(Format(name, value, format));
            isOne = value is 1 or 1L;
            template = template[(close + 1)..];
        }

        return text.Append(WithNumber(template, isOne)).ToString();
    }

    private static string Format(string name, object? value, string? format) => (name, value) switch
    {
        (_, TimeSpan time) => QuantityText.FormatTime(time),
        (_, Explanation explanation) => OptionNames.Describe(explanation),
        (_, EndPoint endpoint) => EndPointName.Format(endpoint),
        (_, null) => EndPointName.Format(null),
        // The two places of the library's log that have nothing but the name of an option.
        ("Limit" or "Option", string option) => OptionNames.Find(option) ?? option,
        (_, IFormattable formattable) => formattable.ToString(format, CultureInfo.InvariantCulture),
        _ => $"{value}",
    };

    /// <summary>Returns the text after a value: "1 connection", "2 connections".</summary>
    private static string WithNumber(string text, bool isOne) =>
        isOne && Plurals.FirstOrDefault(plural => text.StartsWith(plural, StringComparison.Ordinal)) is { } plural
            ? plural[..^1] + text[plural.Length..]
            : text;
}
