using System.Net.Security;

namespace Sockeye;

/// <summary>TLS for the connections of a client.</summary>
public static class SockeyeClientOptionsTlsExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>
        /// Encrypts every connection with TLS 1.2 or 1.3. The server's certificate must be for the name that is dialled, and
        /// signed by somebody whom the system trusts.
        /// </summary>
        /// <remarks>
        /// Connecting throws a <see cref="TlsException"/> where that is not so. A connection to a server that was dialled before
        /// resumes what was agreed on then (RFC 8446, section 2.2), which costs less, unless client certificates are used.
        /// </remarks>
        /// <exception cref="InvalidOperationException">The client has TLS already.</exception>
        public SockeyeClientOptions UseTls() => client.Use(new TlsClientOptions());

        /// <inheritdoc cref="UseTls(SockeyeClientOptions)"/>
        /// <param name="options">.NET's own options; they are copied.</param>
        /// <exception cref="ArgumentException">They ask for less than TLS 1.2.</exception>
        public SockeyeClientOptions UseTls(SslClientAuthenticationOptions options)
        {
            ArgumentNullException.ThrowIfNull(options);
            return client.Use(new TlsClientOptions(OptionCopies.Copy(options)));
        }

        /// <inheritdoc cref="UseTls(SockeyeClientOptions)"/>
        /// <param name="configure">Changes the defaults.</param>
        /// <exception cref="ArgumentException">Less than TLS 1.2 was asked for.</exception>
        public SockeyeClientOptions UseTls(Action<TlsClientOptions> configure)
        {
            ArgumentNullException.ThrowIfNull(configure);
            var options = new TlsClientOptions();
            configure(options);
            return client.Use(options);
        }

        private SockeyeClientOptions Use(TlsClientOptions options)
        {
            var tls = new TlsClient(options, client);
            return client.Use(new ClientLayer("UseTls", ClientStage.Tls, tls.ApplyAsync));
        }
    }
}
