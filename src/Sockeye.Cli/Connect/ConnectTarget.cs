using System.CommandLine.Parsing;

namespace Sockeye.Cli;

/// <summary>The server of <c>sockeye connect</c>; with a list of ports, several endpoints of one host.</summary>
internal sealed record ConnectTarget(IReadOnlyList<EndPointText> EndPoints)
{
    /// <summary>Reads one word, or a host and a port. Returns null with an error in the result.</summary>
    public static ConnectTarget? Parse(ArgumentResult result)
    {
        if (EndPointArguments.ExpandPorts(GetText(result), out var error) is not { } endpoints)
        {
            result.AddError(error!);
            return null;
        }

        List<EndPointText> parsed = [];
        foreach (var endpoint in endpoints)
        {
            // One error is enough, because the others would say the same of other ports.
            if (OptionFactory.ParseEndPoint(result, endpoint, Validate) is not { } one || result.Errors.Any())
                return null;
            parsed.Add(one);
        }

        return new(parsed);
    }

    /// <summary>Whether the parts name several ports of a host, whatever else is wrong with them.</summary>
    public static bool HasSeveralPorts(ArgumentResult? result) =>
        result is { Tokens.Count: > 0 } && EndPointArguments.ExpandPorts(GetText(result), out _)?.Count > 1;

    private static string GetText(ArgumentResult result)
    {
        var parts = result.Tokens.Select(token => token.Value).ToList();
        return parts is [var host, var port] && !IsOption(host) && !IsOption(port)
            ? EndPointArguments.Join(host, port)
            : parts[^1];
    }

    private static bool IsOption(string word) => word.StartsWith("--", StringComparison.Ordinal);

    /// <summary>Returns the error of an endpoint to which no client can connect; otherwise null.</summary>
    public static string? Validate(EndPointText target) => target switch
    {
        { Kind: EndPointKind.Any } =>
            $"{target} means every address of this machine, which only listen can use: name one to connect to.",
        { Kind: not EndPointKind.Unix, Port: 0 } =>
            $"{target} has port 0, which only listen can use: a port to connect to is 1 to 65535.",
        _ => Sockeye.EndPoints.DescribeTargetProblem(target.EndPoint),
    };
}
