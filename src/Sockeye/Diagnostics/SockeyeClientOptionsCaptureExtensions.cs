namespace Sockeye;

/// <summary>Records the connections of a client.</summary>
public static class SockeyeClientOptionsCaptureExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>Records the bytes that each connection of the client reads and writes, decrypted if it uses TLS.</summary>
        /// <param name="capture">The capture. It may record any number of clients and servers. Dispose it after their
        /// connections.</param>
        /// <exception cref="InvalidOperationException">The options already have a capture.</exception>
        public SockeyeClientOptions UseWireCapture(WireCapture capture)
        {
            ArgumentNullException.ThrowIfNull(capture);
            return client.Use(new ClientLayer("UseWireCapture", ClientStage.Capture, (owner, connection, target, _) =>
            {
                capture.SetDefaults(owner.TimeProvider, owner.LoggerFactory);
                var recording = capture.Record(connection, $"{target}", isServer: false);
                return new(recording is null ? connection : new RecordedClientConnection(connection, recording));
            }));
        }
    }
}
