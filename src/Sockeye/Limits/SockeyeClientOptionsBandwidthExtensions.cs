namespace Sockeye;

/// <summary>Limits on how fast a client's connections move bytes.</summary>
public static class SockeyeClientOptionsBandwidthExtensions
{
    extension(SockeyeClientOptions client)
    {
        /// <summary>At most so many bytes a second on each connection; with TLS: of what is said, not of what is on the
        /// wire.</summary>
        /// <param name="receive">Bytes a second from the server; null: any. Range: 1 to 10^12.</param>
        /// <param name="send">Bytes a second to the server; null: any. Range: 1 to 10^12.</param>
        /// <exception cref="ArgumentException">Both are null, or one is out of its range.</exception>
        /// <exception cref="InvalidOperationException">The client has a limit already.</exception>
        public SockeyeClientOptions UseBandwidthLimit(long? receive, long? send) =>
            Use(client, BandwidthLimits.CreatePerConnection(receive, send));

        /// <summary>At most so many bytes a second on all connections together that share a limit.</summary>
        /// <param name="receive">For bytes from the server; null: any.</param>
        /// <param name="send">For bytes to the server; null: any. May be the same limit: then it is for both together.</param>
        /// <exception cref="ArgumentException">Both are null.</exception>
        /// <exception cref="InvalidOperationException">The client has a limit already.</exception>
        public SockeyeClientOptions UseBandwidthLimit(BandwidthLimit? receive, BandwidthLimit? send) =>
            Use(client, BandwidthLimits.CreateShared(receive, send));
    }

    private static SockeyeClientOptions Use(SockeyeClientOptions client, BandwidthLimits bandwidth) =>
        client.Use(new ClientLayer("UseBandwidthLimit", ClientStage.Bandwidth, (connection, _, _) =>
            new(bandwidth.Attach(connection, client.TimeProvider))));
}
