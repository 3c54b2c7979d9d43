using System.CommandLine;
using System.CommandLine.Parsing;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>Options and values that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<bool> Trace() => CreateSwitch(
        "--trace", "Print every call of a socket function on standard error: time, socket, local -> remote, bytes, state.");

    /// <summary>An option without a value.</summary>
    public static Option<bool> CreateSwitch(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description };

    public static Option<LinuxEngine?> Engine(string description) => new("--engine")
    {
        Description = description,
        HelpName = "engine",
        CustomParser = result =>
        {
            var engine = EngineNames.Parse(result.Tokens[0].Value);
            if (engine is null)
                result.AddError($"--engine: \"{result.Tokens[0].Value}\" is not an engine. Write {EngineNames.All}.");
            return engine;
        },
    };

    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = result =>
        {
            var time = DurationText.Parse(result.Tokens[0].Value, out var error);
            if (error is not null)
                result.AddError($"{name}: {error}");
            return time;
        },
    };

    /// <summary>A text that cannot be empty, as the name of a file is.</summary>
    public static Option<string?> Text(string name, string helpName, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result => RejectEmpty(result, helpName));
        return option;
    }

    /// <summary>The same, for an option that may be repeated.</summary>
    public static Option<string[]> Texts(string name, string helpName, string description)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result => RejectEmpty(result, helpName));
        return option;
    }

    /// <summary>A whole number of at least 1.</summary>
    public static Option<int?> Count(string name, string description, int most = int.MaxValue, params string[] aliases)
    {
        var option = new Option<int?>(name, aliases) { Description = description, HelpName = "number" };
        option.CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, out var number) && number >= 1 && number <= most)
                return number;
            result.AddError($"{name}: \"{result.Tokens[0].Value}\" is not a whole number from 1 to {most}.");
            return null;
        };
        return option;
    }

    /// <summary>An endpoint, or null and an error in the result.</summary>
    public static EndPointText? EndPoint(
        SymbolResult result, string text, Func<EndPointText, string?> objection, string prefix = "")
    {
        // An unknown option is parsed as an endpoint.
        if (text.StartsWith("--", StringComparison.Ordinal))
        {
            result.AddError($"{text} is not an option of this command.");
            return null;
        }

        if (!EndPointText.TryParse(text, out var endpoint, out var error) || (error = objection(endpoint)) is not null)
            result.AddError(prefix + error);
        return endpoint;
    }

    private static void RejectEmpty(OptionResult result, string helpName)
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
        {
            result.AddError(
                $"{result.Option.Name}: \"{result.Tokens[^1].Value}\" is not a {helpName}. Write one, or leave out the option.");
        }
    }
}
