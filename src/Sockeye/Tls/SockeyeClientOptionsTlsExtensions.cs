using System.Net.Security;

namespace Sockeye;

/// <summary>Adds TLS to a client.</summary>
public static class SockeyeClientOptionsTlsExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>
        /// Encrypts every connection with TLS 1.2 or 1.3. The server's certificate must match the host of the connect call, and
        /// be signed by an authority that the system trusts.
        /// </summary>
        /// <remarks>
        /// Otherwise, connecting throws a <see cref="TlsException"/>. A later connection to the same server resumes the session
        /// (RFC 8446, section 2.2), which costs less, unless client certificates are used.
        /// </remarks>
        /// <exception cref="InvalidOperationException">The client already uses TLS.</exception>
        public SockeyeClientOptions UseTls() => client.Use(new TlsClientOptions());

        /// <inheritdoc cref="UseTls(SockeyeClientOptions)"/>
        /// <param name="options">.NET's own options; they are copied.</param>
        /// <exception cref="ArgumentException">The options allow a version below TLS 1.2.</exception>
        public SockeyeClientOptions UseTls(SslClientAuthenticationOptions options)
        {
            ArgumentNullException.ThrowIfNull(options);
            return client.Use(new TlsClientOptions(options));
        }

        /// <inheritdoc cref="UseTls(SockeyeClientOptions)"/>
        /// <param name="configure">Changes the defaults.</param>
        /// <exception cref="ArgumentException">The options allow a version below TLS 1.2.</exception>
        public SockeyeClientOptions UseTls(Action<TlsClientOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var options = new TlsClientOptions();
            configure(options);
            return client.Use(options);
        }

        private SockeyeClientOptions Use(TlsClientOptions options)
        {
            var tls = new TlsClient(options);
            return client.Use(new ClientLayer("UseTls", ClientStage.Tls, tls.ApplyAsync));
        }
    }
}
