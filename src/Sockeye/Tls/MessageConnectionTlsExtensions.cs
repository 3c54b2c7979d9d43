namespace Sockeye;

/// <summary>Gives access to the TLS data of a message connection.</summary>
public static class MessageConnectionTlsExtensions
{
    extension<TIn, TOut>(MessageConnection<TIn, TOut> messages)
    {
        /// <summary>Gets the result of the TLS handshake: <c>Connection.Tls</c>. Null if <c>UseTls</c> does not encrypt the
        /// connection.</summary>
        public TlsInfo? Tls => messages.ConnectionBelow.Tls;
    }
}
