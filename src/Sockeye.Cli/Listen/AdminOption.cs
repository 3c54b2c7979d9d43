using System.CommandLine;
using System.Net;
using Sockeye.Admin;

namespace Sockeye.Cli;

/// <summary><c>--admin PORT|ADDRESS</c> of <c>sockeye listen</c>.</summary>
internal static class AdminOption
{
    public static Option<EndPointText?> Admin { get; } = new("--admin")
    {
        Description = "Serve a page that shows the server's connections live and can close them: on this port of localhost, or "
            + "on a loopback address. Prints its URL.",
        HelpName = "port|address",
        CustomParser = result => OptionFactory.ParseEndPoint(result, result.Tokens[0].Value, Validate, "--admin: "),
    };

    /// <summary>Starts the page. Returns null without the option.</summary>
    public static async Task<SockeyeAdmin?> StartAsync(ParseResult parsed, SockeyeServer server, ErrorLog log)
    {
        if (parsed.GetValue(Admin) is not { } endpoint)
            return null;
        return await SockeyeAdmin.StartAsync(server, options =>
        {
            options.Name = "sockeye listen";
            options.Port = endpoint.Port;
            options.Address = (endpoint.EndPoint as IPEndPoint)?.Address;
            options.LoggerFactory = log;
        });
    }

    private static string? Validate(EndPointText endpoint) =>
        endpoint.Kind is EndPointKind.Localhost
        || (endpoint.EndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address))
            ? null
            : $"{endpoint} is not a loopback address, and the page closes connections. Write a port, as 7001, or a loopback "
                + "address, as 127.0.0.1:7001. From another machine, use a tunnel (ssh -L 7001:localhost:7001).";
}
