using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sockeye;

/// <summary>Adds TLS to an endpoint.</summary>
public static class ListenOptionsTlsExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>Encrypts the connections of this endpoint with TLS 1.2 or 1.3. Later middleware and the handler see clear
        /// text.</summary>
        /// <param name="certificate">The certificate, with its private key. Dispose it after the server.</param>
        /// <exception cref="ArgumentException">The certificate has no private key.</exception>
        public ListenOptions UseTls(X509Certificate2 certificate) => listen.UseTls(tls => tls.AddCertificate(certificate));

        /// <inheritdoc cref="UseTls(ListenOptions, X509Certificate2)"/>
        /// <param name="options">.NET's own options; they are copied.</param>
        /// <exception cref="ArgumentException">The options have no certificate, or allow a version below TLS 1.2.</exception>
        public ListenOptions UseTls(SslServerAuthenticationOptions options)
        {
            ArgumentNullException.ThrowIfNull(options);
            return listen.Use(new TlsServerOptions(options));
        }

        /// <inheritdoc cref="UseTls(ListenOptions, X509Certificate2)"/>
        /// <param name="configure">Adds the certificates, and changes the defaults.</param>
        /// <exception cref="ArgumentException">The options have no certificate, or allow a version below TLS 1.2.</exception>
        public ListenOptions UseTls(Action<TlsServerOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var options = new TlsServerOptions();
            configure(options);
            return listen.Use(options);
        }

        private ListenOptions Use(TlsServerOptions options)
        {
            var configuration = options.CreateConfiguration(listen);
            return listen.Use("UseTls", (next, pipeline) =>
            {
                var tls = new TlsServer(configuration, pipeline);
                return connection => tls.RunAsync(connection, next);
            }, MiddlewareStage.Tls);
        }
    }
}
