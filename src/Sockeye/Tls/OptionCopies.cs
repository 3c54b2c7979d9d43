using System.Net.Security;

namespace Sockeye;

/// <summary>Copies .NET's own TLS options, with the list of protocols in them.</summary>
internal static class OptionCopies
{
    public static SslServerAuthenticationOptions Copy(SslServerAuthenticationOptions options)
    {
        var copy = OptionCopier.Copy(options);
        copy.ApplicationProtocols = options.ApplicationProtocols is { } protocols ? [.. protocols] : null;
        return copy;
    }

    public static SslClientAuthenticationOptions Copy(SslClientAuthenticationOptions options)
    {
        var copy = OptionCopier.Copy(options);
        copy.ApplicationProtocols = options.ApplicationProtocols is { } protocols ? [.. protocols] : null;
        return copy;
    }
}
