using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sockeye.Cli;

/// <summary>Options and files that both ends of TLS on the command line share.</summary>
internal static class TlsFiles
{
    private const int MaxProtocolLength = 255; // RFC 7301, section 3.1: its length is one byte

    public static Option<SslApplicationProtocol[]?> Alpn { get; } = new("--alpn")
    {
        Description = "Application protocols in order of preference, as h2,http/1.1 (ALPN, RFC 7301).",
        HelpName = "names",
        CustomParser = result =>
        {
            var names = result.Tokens[0].Value.Split(',');
            if (names.All(name => !string.IsNullOrWhiteSpace(name) && Encoding.UTF8.GetByteCount(name) <= MaxProtocolLength))
                return [.. names.Select(name => new SslApplicationProtocol(name))];
            result.AddError($"--alpn: \"{result.Tokens[0].Value}\" is not a list of protocols. Write it as h2,http/1.1.");
            return null;
        },
        Arity = ArgumentArity.ExactlyOne,
    };

    /// <summary>The certificate of a client, with its key.</summary>
    public static X509Certificate2 Certificate(string file, string? key)
    {
        X509Certificate2? certificate = null;
        WithOptionName("--cert", file, () => certificate = TlsCertificates.Load(file, key));
        return certificate!;
    }

    /// <summary>Loads from a file; a failure names the option and the file.</summary>
    public static void WithOptionName(string option, string file, Action load)
    {
        try
        {
            load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            var why = e.Message.Contains(file, StringComparison.Ordinal) ? e.Message : $"{file}: {e.Message}";
            throw new CommandException(ExitCodes.Failed, $"{option}: {why}", e);
        }
    }

    public static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        WithOptionName("--ca", file, () => authorities.ImportFromPemFile(file));
        return authorities.Count > 0 ? authorities : throw new CommandException(
            ExitCodes.Failed, $"--ca: {file}: there is no certificate in it; it has to be a PEM file.");
    }
}
