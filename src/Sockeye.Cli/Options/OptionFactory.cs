using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Sockeye.Cli;

/// <summary>Parses the value of an option. Returns null and an error if the text is not one.</summary>
internal delegate T? ParseValue<T>(string text, out string? error)
    where T : struct;

/// <summary>Creates options by the kind of their value. The error for a wrong value names the option and the value.</summary>
internal static class OptionFactory
{
    /// <summary>Creates an option without a value.</summary>
    public static Option<bool> CreateSwitch(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    /// <summary>Creates an option for a value that a function parses.</summary>
    public static Option<T?> Create<T>(
        string name, string helpName, string description, ParseValue<T> parse, params string[] aliases)
        where T : struct => new(name, aliases)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                var value = parse(result.Tokens[0].Value, out var error);
                if (error is not null)
                    result.AddError($"{name}: {error}");
                return value;
            },
        };

    /// <summary>Creates an option for a time from 1 ms to 24 h.</summary>
    public static Option<TimeSpan?> CreateDuration(string name, string description, TimeSpan min = default) => Create<TimeSpan>(
        name, "time", description,
        (text, out error) =>
        {
            var time = DurationText.Parse(text, out error);
            if (error is null && time < min)
            {
                error = string.Create(
                    CultureInfo.InvariantCulture, $"\"{text}\" is too short: the minimum is {min.TotalMilliseconds}ms.");
            }

            return time;
        });

    /// <summary>Creates an option for a whole number from 1.</summary>
    public static Option<int?> CreateCount(
        string name, string description, int max = int.MaxValue, params string[] aliases) => Create<int>(
        name, "number", description,
        (text, out error) =>
        {
            var isCount = int.TryParse(text, out var number) && number >= 1 && number <= max;
            error = isCount ? null : $"\"{text}\" is not a whole number from 1 to {max}.";
            return number;
        },
        aliases);

    /// <summary>Creates an option for a text that is not empty, such as the name of a file.</summary>
    public static Option<string?> CreateText(string name, string helpName, string description) =>
        RejectEmpty(new Option<string?>(name) { Description = description, HelpName = helpName });

    /// <summary>Creates an option for several such texts: it may be repeated.</summary>
    public static Option<string[]> CreateTexts(string name, string helpName, string description) =>
        RejectEmpty(new Option<string[]>(name) { Description = description, HelpName = helpName });

    /// <summary>Parses an endpoint, of an argument or an option. Returns null with an error in the result.</summary>
    /// <param name="result">The argument, which gets the error.</param>
    /// <param name="text">The text of the endpoint.</param>
    /// <param name="validate">Returns the error of an endpoint that does not suit the purpose; otherwise null.</param>
    /// <param name="prefix">The start of the error.</param>
    public static EndPointText? ParseEndPoint(
        SymbolResult result, string text, Func<EndPointText, string?> validate, string prefix = "")
    {
        // The parser passes an unknown option as an endpoint.
        if (text.StartsWith("--", StringComparison.Ordinal))
        {
            result.AddError($"{text} is not an option of this command.");
            return null;
        }

        if (!EndPointText.TryParse(EndPointArguments.WithNumber(text), out var endpoint, out var error)
            || (error = validate(endpoint)) is not null)
            result.AddError(prefix + error);
        return endpoint;
    }

    private static Option<T> RejectEmpty<T>(Option<T> option)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
            {
                result.AddError(
                    $"{option.Name}: \"{result.Tokens[^1].Value}\" is not a {option.HelpName}. "
                        + "Write one, or leave out the option.");
            }
        });
        return option;
    }
}
