using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Sockeye.Cli;

/// <summary><c>--proxy</c> and <c>--proxy-auth</c> of <c>sockeye connect</c>.</summary>
internal static class ProxyOptions
{
    private const string Forms = "socks5://host:1080 or http://host:3128";

    public static Option<Uri?> Proxy { get; } = new("--proxy")
    {
        Description = $"Connect through this proxy: {Forms} (CONNECT). The proxy resolves the host name.",
        HelpName = "url",
        CustomParser = Parse,
    };

    private static readonly Option<string?> Auth = OptionFactory.CreateText(
        "--proxy-auth", "file", "The file with the user and the password for the proxy: one line, user:password.");

    public static IEnumerable<Option> All => [Proxy, Auth];

    public static void Validate(CommandResult result)
    {
        if (result.GetResult(Auth) is not null && result.GetResult(Proxy) is null)
            result.AddError("--proxy-auth is for a proxy: add --proxy URL.");
    }

    /// <summary>Returns the endpoint of the proxy.</summary>
    public static DnsEndPoint GetEndPoint(Uri proxy, System.Net.Sockets.AddressFamily family) =>
        new(proxy.IdnHost, proxy.Port, family);

    /// <summary>Returns how to open a tunnel through the proxy to the target.</summary>
    /// <exception cref="CommandException">The file with the password cannot be read, or the target is a Unix socket.</exception>
    public static ProxyTunnel CreateTunnel(ParseResult parsed, Uri proxy, EndPointText target)
    {
        if (target.Kind is EndPointKind.Unix)
            throw new CommandException(ExitCodes.WrongUse, $"--proxy has no meaning with {target}: leave it out.");
        var credential = parsed.GetValue(Auth) is { } file ? ReadCredential(file) : null;
        return new(proxy, target, credential);
    }

    private static Uri? Parse(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url is { Scheme: "socks5" or "http", Host.Length: > 0, Port: > 0, PathAndQuery: "/" or "", UserInfo: "" })
            return url;
        result.AddError(url is { UserInfo.Length: > 0 }
            ? "--proxy: a password on the command line is visible to other users: put user:password into a file, and add "
                + "--proxy-auth FILE."
            : $"--proxy: \"{text}\" is not a proxy. Write it as {Forms}.");
        return null;
    }

    private static NetworkCredential ReadCredential(string file)
    {
        try
        {
            if (File.ReadLines(file).FirstOrDefault()?.Split(':', 2) is [{ Length: > 0 } user, var password])
                return new(user, password);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCodes.Failed, $"--proxy-auth {file}: {e.Message}", e);
        }

        throw new CommandException(ExitCodes.Failed, $"--proxy-auth {file}: its first line is not user:password.");
    }
}
