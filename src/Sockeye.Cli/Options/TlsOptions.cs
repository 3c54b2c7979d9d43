using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sockeye.Cli;

/// <summary>
/// Code that the TLS options of <c>sockeye listen</c> and <c>sockeye connect</c> share, and the files that they name.
/// </summary>
internal static class TlsOptions
{
    private const int MaxProtocolLength = 255; // RFC 7301, section 3.1: its length is one byte.

    public static Option<SslApplicationProtocol[]?> Alpn { get; } = new("--alpn")
    {
        Description = "Application protocols in order of preference, as h2,http/1.1 (ALPN, RFC 7301).",
        HelpName = "names",
        CustomParser = ParseProtocols,
        Arity = ArgumentArity.ExactlyOne,
    };

    /// <summary>Adds an error for each option that has no meaning without TLS.</summary>
    public static void RejectWithoutTls(CommandResult result, string remedy, params IEnumerable<Option> options)
    {
        foreach (var option in options)
        {
            if (result.IsGiven(option))
                result.AddError($"{option.Name} needs TLS: {remedy}.");
        }
    }

    /// <summary>Loads the certificate of a client, with its key.</summary>
    public static X509Certificate2 LoadCertificate(string file, string? key, string option)
    {
        X509Certificate2? certificate = null;
        Load(option, file, () => certificate = TlsCertificates.Load(file, key));
        return certificate!;
    }

    public static X509Certificate2Collection LoadAuthorities(string file, string option)
    {
        var authorities = new X509Certificate2Collection();
        Load(option, file, () => authorities.ImportFromPemFile(file));
        return authorities.Count > 0 ? authorities : throw new CommandException(
            ExitCodes.Failed, $"{option}: {file}: the file contains no certificate. It must be a PEM file.");
    }

    /// <summary>Loads from a file; the message of a failure names the option and the file.</summary>
    public static void Load(string option, string file, Action load)
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

    private static SslApplicationProtocol[]? ParseProtocols(ArgumentResult result)
    {
        var names = result.Tokens[0].Value.Split(',');
        if (names.All(name => !string.IsNullOrWhiteSpace(name) && Encoding.UTF8.GetByteCount(name) <= MaxProtocolLength))
            return [.. names.Select(name => new SslApplicationProtocol(name))];
        result.AddError($"--alpn: \"{result.Tokens[0].Value}\" is not a list of protocols. Write it as h2,http/1.1.");
        return null;
    }
}
