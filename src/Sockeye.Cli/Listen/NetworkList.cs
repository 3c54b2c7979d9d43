using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Sockeye.Cli;

/// <summary>The networks of one repeatable option.</summary>
internal sealed class NetworkList : List<IPNetwork>
{
    public static Option<NetworkList> CreateOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "network",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => Parse(name, result),
        AllowMultipleArgumentsPerToken = false,
    };

    private static NetworkList Parse(string name, ArgumentResult result)
    {
        NetworkList networks = [];
        foreach (var token in result.Tokens)
        {
            if (NetworkText.Parse(token.Value, out var error) is { } parsed)
                networks.AddRange(parsed);
            else
                result.AddError($"{name}: {error}");
        }

        return networks;
    }
}
