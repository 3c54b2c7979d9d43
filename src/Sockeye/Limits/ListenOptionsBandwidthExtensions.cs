namespace Sockeye;

/// <summary>Limits on how fast an endpoint's connections move bytes.</summary>
/// <remarks>
/// Before <c>UseTls</c> it counts what is on the wire, after it what the handler reads and writes. What was written and waits for
/// its turn when the handler ends is still sent; an abort, and the end of a server's <c>ShutdownTimeout</c>, drop it.
/// </remarks>
public static class ListenOptionsBandwidthExtensions
{
    extension(ListenOptions listen)
    {
        /// <summary>At most so many bytes a second on each connection.</summary>
        /// <param name="receive">Bytes a second from the peer; null: any. Range: 1 to 10^12.</param>
        /// <param name="send">Bytes a second to the peer; null: any. Range: 1 to 10^12.</param>
        /// <exception cref="ArgumentException">Both are null, or one is out of its range.</exception>
        public ListenOptions UseBandwidthLimit(long? receive, long? send) =>
            Use(listen, BandwidthLimits.CreatePerConnection(receive, send), "each");

        /// <summary>At most so many bytes a second on all connections together that share a limit, on one or more
        /// endpoints.</summary>
        /// <param name="receive">For bytes from the peer; null: any.</param>
        /// <param name="send">For bytes to the peer; null: any. May be the same limit: then it is for both together.</param>
        /// <exception cref="ArgumentException">Both are null.</exception>
        public ListenOptions UseBandwidthLimit(BandwidthLimit? receive, BandwidthLimit? send) =>
            Use(listen, BandwidthLimits.CreateShared(receive, send), "shared");
    }

    private static ListenOptions Use(ListenOptions listen, BandwidthLimits bandwidth, string whose) =>
        listen.Use($"UseBandwidthLimit({bandwidth.Describe()}, {whose})", next =>
        {
            var time = listen.Server.TimeProvider;
            return connection => next(bandwidth.Attach(connection, time));
        });
}
