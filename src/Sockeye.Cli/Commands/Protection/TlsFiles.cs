using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye.Cli;

/// <summary>What both ends of TLS on the command line share.</summary>
internal static class TlsFiles
{
    private const int LongestProtocol = 255; // RFC 7301, section 3.1: its length is one byte

    public static Option<string[]?> Alpn { get; } = new("--alpn")
    {
        Description = "Application protocols in order of preference, as h2,http/1.1 (ALPN, RFC 7301).",
        HelpName = "names",
        CustomParser = result =>
        {
            var names = result.Tokens[0].Value.Split(',');
            if (names.All(name => name.Length is > 0 and <= LongestProtocol))
                return names;
            result.AddError($"--alpn: \"{result.Tokens[0].Value}\" is not a list of protocols. Write it as h2,http/1.1.");
            return null;
        },
        Arity = ArgumentArity.ExactlyOne,
    };

    public static X509Certificate2Collection Authorities(string file)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            if (authorities.Count > 0)
                return authorities;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandException(ExitCodes.Failed, $"--ca {file}: {e.Message}", e);
        }

        throw new CommandException(ExitCodes.Failed, $"--ca {file}: there is no certificate in it; it has to be a PEM file.");
    }
}
