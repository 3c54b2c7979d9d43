namespace Sockeye;

/// <summary>Recording a client's connections.</summary>
public static class SockeyeClientOptionsCaptureExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>Records what each connection of the client reads and writes, with TLS after it was removed.</summary>
        /// <param name="capture">Serves any number of clients and servers. Dispose it after their connections.</param>
        /// <exception cref="InvalidOperationException">It was called on these options before.</exception>
        public SockeyeClientOptions UseWireCapture(WireCapture capture)
        {
            ArgumentNullException.ThrowIfNull(capture);
            return client.Use(new ClientLayer("UseWireCapture", ClientStage.Capture, (connection, target, _) =>
            {
                capture.SetDefaults(client.TimeProvider, client.LoggerFactory);
                var recording = capture.Record(connection, $"{target}", isServer: false);
                return new(recording is null ? connection : new RecordedClientConnection(connection, recording));
            }));
        }
    }
}
