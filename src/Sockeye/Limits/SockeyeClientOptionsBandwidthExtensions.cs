namespace Sockeye;

/// <summary>Adds bandwidth limits to a client.</summary>
public static class SockeyeClientOptionsBandwidthExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>Limits the bytes a second of each connection. With TLS, it counts the clear text, not the bytes on the
        /// wire.</summary>
        /// <param name="receive">Bytes a second from the server. Null means no limit. Range: 1 to 10^12.</param>
        /// <param name="send">Bytes a second to the server. Null means no limit. Range: 1 to 10^12.</param>
        /// <exception cref="ArgumentException">Both are null, or one is outside its range.</exception>
        /// <exception cref="InvalidOperationException">The client has a limit already.</exception>
        public SockeyeClientOptions UseBandwidthLimit(long? receive, long? send) =>
            Use(client, BandwidthLimits.CreatePerConnection(receive, send));

        /// <summary>Limits the bytes a second of all connections together that share a limit.</summary>
        /// <param name="receive">The limit for bytes from the server. Null means no limit.</param>
        /// <param name="send">The limit for bytes to the server. Null means no limit. It may be the same object, which then
        /// limits both directions together.</param>
        /// <exception cref="ArgumentException">Both are null.</exception>
        /// <exception cref="InvalidOperationException">The client has a limit already.</exception>
        public SockeyeClientOptions UseBandwidthLimit(BandwidthLimit? receive, BandwidthLimit? send) =>
            Use(client, BandwidthLimits.CreateShared(receive, send));
    }

    private static SockeyeClientOptions Use(SockeyeClientOptions options, BandwidthLimits bandwidth) =>
        options.Use(new ClientLayer("UseBandwidthLimit", ClientStage.Bandwidth, (client, connection, _, _) =>
            new(bandwidth.Attach(connection, client.TimeProvider))));
}
