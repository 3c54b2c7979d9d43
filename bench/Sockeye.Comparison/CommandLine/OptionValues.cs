using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Sockeye.Comparison.CommandLine;

/// <summary>Creates options by the kind of their value. The error for a wrong value names the option and the value.</summary>
internal static class OptionValues
{
    /// <summary>Creates an option for some of the known names, separated by commas.</summary>
    public static Option<string[]?> Names(string name, string description, IEnumerable<string> known) => new(name)
    {
        Description = description,
        HelpName = "a,b,…",
        CustomParser = result =>
        {
            var names = Split(result);
            return names.FirstOrDefault(one => !known.Contains(one)) is { } unknown
                ? CreateError<string[]?>(result, $"one or more of {string.Join(", ", known)}", unknown)
                : names;
        },
    };

    /// <summary>Creates an option for a whole number.</summary>
    public static Option<int?> Number(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "n",
        CustomParser = result => ParseNumber(string.Concat(Split(result)), least, most)
            ?? CreateError<int?>(result, $"a number from {least} to {most}"),
    };

    /// <summary>Creates an option for a time in seconds, up to 10 minutes.</summary>
    public static Option<TimeSpan?> Seconds(string name, string description, double least) => new(name)
    {
        Description = description,
        HelpName = "s",
        CustomParser = result =>
            double.TryParse(string.Concat(Split(result)), CultureInfo.InvariantCulture, out var seconds)
            && seconds >= least && seconds <= 600
                ? TimeSpan.FromSeconds(seconds)
                : CreateError<TimeSpan?>(
                    result, string.Create(CultureInfo.InvariantCulture, $"a number of seconds from {least} to 600")),
    };

    /// <summary>Returns null for other text.</summary>
    public static int? ParseNumber(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : null;

    /// <summary>Returns the parts between commas.</summary>
    public static string[] Split(ArgumentResult result) =>
    [
        .. result.Tokens.SelectMany(token =>
            token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
    ];

    /// <summary>Adds the error for a wrong value, and returns a value that is not used.</summary>
    public static T CreateError<T>(ArgumentResult result, string expected, string? value = null)
    {
        var option = (result.Parent as OptionResult)?.Option.Name;
        result.AddError($"{option} {value ?? string.Join(' ', result.Tokens)}: expected {expected}.");
        return default!;
    }
}
