using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Runtime.CompilerServices;

namespace Sockeye;

/// <summary>Copies options when they are taken, so that a later change has no effect.</summary>
internal static class OptionCopier
{
    /// <summary>Creates a shallow copy. The copy shares nested options with the original.</summary>
    [return: NotNullIfNotNull(nameof(options))]
    public static T? ShallowCopy<T>(T? options)
        where T : class => options is null ? null : (T)MemberwiseClone(options);

    /// <summary>Creates a copy that shares only immutable objects and certificates: the list of protocols and the chain policy
    /// are copied, too.</summary>
    public static SslServerAuthenticationOptions DeepCopy(SslServerAuthenticationOptions options)
    {
        var copy = ShallowCopy(options);
        copy.ApplicationProtocols = Copy(options.ApplicationProtocols);
        copy.CertificateChainPolicy = options.CertificateChainPolicy?.Clone();
        return copy;
    }

    /// <inheritdoc cref="DeepCopy(SslServerAuthenticationOptions)"/>
    public static SslClientAuthenticationOptions DeepCopy(SslClientAuthenticationOptions options)
    {
        var copy = ShallowCopy(options);
        copy.ApplicationProtocols = Copy(options.ApplicationProtocols);
        copy.CertificateChainPolicy = options.CertificateChainPolicy?.Clone();
        copy.ClientCertificates = options.ClientCertificates is { } certificates ? new(certificates) : null;
        return copy;
    }

    private static List<SslApplicationProtocol>? Copy(List<SslApplicationProtocol>? protocols) =>
        protocols is null ? null : [.. protocols];

    [UnsafeAccessor(UnsafeAccessorKind.Method)]
    private static extern object MemberwiseClone(object options);
}
