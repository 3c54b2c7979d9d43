using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>TLS for the endpoints of a server.</summary>
public static class ListenOptionsTlsExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>Encrypts the connections of this endpoint with TLS 1.2 or 1.3: what comes behind sees clear bytes.</summary>
        /// <param name="certificate">With its private key. It must live as long as the server.</param>
        /// <exception cref="ArgumentException">It has no private key.</exception>
        public ListenOptions UseTls(X509Certificate2 certificate) => listen.UseTls(tls => tls.AddCertificate(certificate));

        /// <inheritdoc cref="UseTls(ListenOptions, X509Certificate2)"/>
        /// <param name="options">.NET's own options; they are copied.</param>
        /// <exception cref="ArgumentException">They name no certificate, or ask for less than TLS 1.2.</exception>
        public ListenOptions UseTls(SslServerAuthenticationOptions options)
        {
            ArgumentNullException.ThrowIfNull(options);
            return listen.Use(new TlsServerOptions(OptionCopies.Copy(options)));
        }

        /// <inheritdoc cref="UseTls(ListenOptions, X509Certificate2)"/>
        /// <param name="configure">Names the certificates, and what else differs from the defaults.</param>
        /// <exception cref="ArgumentException">No certificate was named, or less than TLS 1.2 was asked for.</exception>
        public ListenOptions UseTls(Action<TlsServerOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var options = new TlsServerOptions();
            configure(options);
            return listen.Use(options);
        }

        internal ListenOptions Use(TlsServerOptions options)
        {
            var common = options.Checked(listen);
            return listen.Use("UseTls", next =>
            {
                var tls = new TlsServer(options, common, listen);
                return connection => tls.RunAsync(connection, next);
            }, MiddlewareStage.Tls);
        }
    }
}
