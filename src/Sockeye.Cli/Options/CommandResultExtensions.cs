using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>Reading options in validators, which run although other options have errors.</summary>
internal static class CommandResultExtensions
{
    /// <summary>Whether the option is on the command line.</summary>
    public static bool IsGiven(this CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    /// <summary>Returns the value of an option. If it is not given, or has no valid value, which is an error already, returns the
    /// default.</summary>
    public static T? GetGiven<T>(this CommandResult result, Option<T> option) =>
        result.GetResult(option) is { Tokens.Count: > 0 } given && !given.Errors.Any() ? given.GetValueOrDefault<T>() : default;
}
